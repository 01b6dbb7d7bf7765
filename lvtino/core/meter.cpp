#include "lvtino/core/meter.hpp"

#include <algorithm>
#include <fstream>

namespace lvtino {
namespace {

std::int64_t status_kilobytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.rfind(key, 0) == 0) return std::stoll(line.substr(key.size()));
  return 0;
}

}  // namespace

std::int64_t resident_bytes() { return status_kilobytes("VmRSS:") * 1024; }
std::int64_t peak_resident_bytes() { return status_kilobytes("VmHWM:") * 1024; }

bool reset_peak_memory() {
  std::ofstream file("/proc/self/clear_refs");
  return bool(file << "5" << std::flush);
}

StageMeter::Running::Running(StageMeter& meter, const std::string& name)
    : meter_(meter), name_(name) {
  reset_peak_memory();
}

StageMeter::Running::~Running() {
  auto& stages = meter_.stages_;
  auto stage = std::find_if(stages.begin(), stages.end(),
                            [&](const Stage& known) { return known.name == name_; });
  if (stage == stages.end()) stage = stages.insert(stages.end(), Stage{.name = name_});
  stage->calls += 1;
  stage->seconds += clock_.seconds();
  stage->processor_seconds += processor_.seconds();
  stage->peak_bytes = std::max(stage->peak_bytes, peak_resident_bytes());
}

double StageMeter::seconds(const std::string& name) const {
  for (const Stage& stage : stages_)
    if (stage.name == name) return stage.seconds;
  return 0;
}

}  // namespace lvtino
