#include "priors/memory_plan.hpp"

#include <algorithm>
#include <map>

namespace lvtino {
namespace {

constexpr std::int64_t kMegabyte = 1000000;

}  // namespace

std::int64_t MemoryPlan::peak() const { return joint_peak({*this}); }

std::int64_t joint_peak(const std::vector<MemoryPlan>& plans) {
  std::int64_t kept = 0, recorded = 0, most = 0;
  for (const MemoryPlan& plan : plans) {
    std::map<std::string, std::int64_t> networks;
    for (const MemoryStage& stage : plan.stages) {
      networks[stage.network] = std::max(networks[stage.network], stage.weights);
      most = std::max(most, stage.work + (plan.resident ? 0 : stage.weights));
      if (stage.recorded) recorded = std::max(recorded, stage.work);
    }
    if (plan.resident)
      for (const auto& [name, weights] : networks) kept += weights;
  }
  return kept + recorded + most;
}

std::size_t choose_plan(const SpecReader& reader, const MemoryCandidates& candidates,
                        std::int64_t budget) {
  if (budget <= 0) return 0;
  MemoryPlan least;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    MemoryPlan plan = candidates[i]();
    if (plan.peak() <= budget) return i;
    if (i == 0 || plan.peak() < least.peak()) least = std::move(plan);
  }
  const std::int64_t megabytes = (least.peak() + kMegabyte - 1) / kMegabyte;
  throw reader.error("memory_budget", text("expected at least ", megabytes, " MB (", least.words,
                                           "), got ", budget / kMegabyte));
}

std::int64_t read_memory_budget(const SpecReader& reader) {
  return kMegabyte *
         reader.integer("memory_budget",
                        {.doc = "MB of 10^6 bytes for the weights and arrays of the networks; what "
                                "the spec leaves open is chosen to fit; 0: any",
                         .fallback = 0,
                         .low = 0,
                         .high = 1000000000});
}

}  // namespace lvtino
