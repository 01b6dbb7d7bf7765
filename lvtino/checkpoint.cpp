#include "lvtino/checkpoint.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/npy.hpp"
#include "lvtino/trace_json.hpp"

namespace lvtino {
namespace fs = std::filesystem;

namespace {

constexpr const char* kState = "state.json";

struct StoredArray {
  const char* name;
  Tensor* tensor;
};

std::vector<StoredArray> arrays_of(SeriesState& series) {
  SamplerState& state = series.inside;
  return {{"x", &state.x},
          {"dual_h", &state.dual.h},
          {"dual_v", &state.dual.v},
          {"dual_t", &state.dual.t},
          {"dual_box", &state.dual.box},
          {"output", &state.output},
          {"first", &series.first},
          {"mean", &series.moments.mean},
          {"squares", &series.moments.squares}};
}

Json read_state(const std::string& path) {
  try {
    return read_json_file(path);
  } catch (const SpecError& failure) {  // not JSON
    throw IoError(text("damaged checkpoint ", path, ": ", failure.what()));
  }
}

}  // namespace

CheckpointFolder::CheckpointFolder(std::string folder, std::string key)
    : folder_(std::move(folder)), key_(std::move(key)) {}

void CheckpointFolder::save(const Checkpoint& checkpoint) const {
  make_folder(folder_);
  SeriesState series = checkpoint.series;
  const int step = series.inside.next_step;
  Json document = {{"key", key_}, {"sample", series.sample}, {"next_step", step}, {"arrays", Json::object()},
                   {"trace", Json::array()}};
  std::vector<std::string> files = {kState};
  for (const StoredArray& part : arrays_of(series)) {
    if (!part.tensor->defined()) continue;
    files.push_back(series.sample == 0 ? text(part.name, "-", step, ".npy")
                                       : text(part.name, "-", series.sample, "-", step, ".npy"));
    write_npy((fs::path(folder_) / files.back()).string(), *part.tensor);
    document["arrays"][part.name] = files.back();
  }
  for (const TraceEntry& entry : checkpoint.trace) {
    document["trace"].push_back(trace_to_json(entry));
    document["trace"].back()["seconds"] = entry.seconds;
    document["trace"].back()["processor_seconds"] = entry.processor_seconds;
  }
  write_file((fs::path(folder_) / kState).string(), document.dump(1));
  for (const auto& entry : fs::directory_iterator(folder_)) {  // the step before
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".npy" && std::find(files.begin(), files.end(), name) == files.end())
      fs::remove(entry.path());
  }
}

std::optional<Checkpoint> CheckpointFolder::load() const {
  const std::string path = (fs::path(folder_) / kState).string();
  if (!fs::exists(path)) return {};
  const Json document = read_state(path);
  Checkpoint out;
  try {
    if (document.at("key") != key_)
      throw SpecError("", text("the checkpoint in ", folder_,
                               " belongs to another spec; remove it or run without --resume"));
    out.series.inside.next_step = document.at("next_step").get<int>();
    // Every sample before this one is in the moments.
    out.series.sample = out.series.moments.count = document.value("sample", 0);
    for (const StoredArray& part : arrays_of(out.series))
      if (document.at("arrays").contains(part.name))
        *part.tensor = read_npy((fs::path(folder_) / document["arrays"][part.name].get<std::string>()).string());
    for (const Json& entry : document.at("trace")) out.trace.push_back(trace_from_json(entry));
  } catch (const Json::exception& failure) {
    throw IoError(text("damaged checkpoint ", path, ": ", failure.what()));
  }
  if (!out.series.inside.x.defined()) throw IoError(text("damaged checkpoint ", path, ": no iterate"));
  return out;
}

void CheckpointFolder::remove() const {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

}  // namespace lvtino
