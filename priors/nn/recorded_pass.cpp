#include "priors/nn/recorded_pass.hpp"

#include <c10/core/GradMode.h>

#include <algorithm>

#include "priors/nn/fused.hpp"

namespace lvtino::nn {
namespace {

const DeviceRecorder*& device_recorder() {
  static const DeviceRecorder* recorder = nullptr;
  return recorder;
}

}  // namespace

void use_device_recorder(const DeviceRecorder& recorder) { device_recorder() = &recorder; }

std::vector<RecordedPass::Outline> RecordedPass::outlines_of(const std::vector<Tensor>& arguments) {
  std::vector<Outline> out;
  for (const Tensor& x : arguments)
    out.push_back({placement_of(x), shape_of(x), {x.strides().begin(), x.strides().end()}});
  return out;
}

Tensor RecordedPass::operator()(const std::vector<Tensor>& arguments) const {
  const DeviceRecorder* recorder = device_recorder();
  if (!records_ || !recorder || !is_fast() || c10::GradMode::is_enabled() ||
      !recorder->takes(arguments.at(0).device()))
    return pass_(arguments);
  const std::lock_guard alone(mutex_);
  const std::vector<Outline> outlines = outlines_of(arguments);
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const auto& entry) { return entry->outlines == outlines; });
  if (found == entries_.end()) {
    if (entries_.size() < kMostRecordings)
      entries_.push_back(std::make_unique<Entry>(Entry{outlines, {}, {}, nullptr}));
    return pass_(arguments);
  }
  Entry& entry = **found;
  if (!entry.recording) record(entry, arguments, *recorder);
  for (std::size_t i = 0; i < arguments.size(); ++i) entry.arguments[i].copy_(arguments[i]);
  entry.recording->play();
  return entry.result.clone();
}

void RecordedPass::record(Entry& entry, const std::vector<Tensor>& arguments,
                          const DeviceRecorder& recorder) const {
  entry.arguments.clear();
  entry.result.reset();
  for (const Tensor& x : arguments) entry.arguments.push_back(x.clone());
  entry.recording = recorder.record(arguments[0].device(), [this, &entry] {
    const Tensor made = pass_(entry.arguments);
    // A recorder without a device does the work again at every play, into the memory of the first.
    if (entry.result.defined())
      entry.result.copy_(made);
    else
      entry.result = made;
  });
}

}  // namespace lvtino::nn
