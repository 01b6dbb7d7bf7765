#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lvtino/core/spec.hpp"

namespace lvtino {

/// A piece of work with a network: what it reads and what it holds beside.
struct MemoryStage {
  std::string name;
  std::string network;       ///< whose weights; stages may share one
  std::int64_t weights = 0;  ///< bytes
  std::int64_t work = 0;     ///< bytes of arrays at the worst moment
  bool recorded = false;     ///< as a graph, which keeps its arrays' memory where networks stay
};

/// A way to compute, and what it costs.
struct MemoryPlan {
  std::string words;  ///< for people: "resident, chunk 1, no tiles"
  std::vector<MemoryStage> stages;
  bool resident = true;  ///< all networks stay; else only the one at work is there
  std::string device = "cpu";

  /// Resident: the weights of all networks, the largest work and the largest that is recorded. On
  /// demand: the largest sum of weights and work of a stage.
  std::int64_t peak() const;
};

/// Of priors that take turns: what all of them keep, and the most that a stage of one adds.
std::int64_t joint_peak(const std::vector<MemoryPlan>& plans);

/// The candidates in the order of preference (fastest first).
using MemoryCandidates = std::vector<std::function<MemoryPlan()>>;

/// Index of the first candidate whose peak is within `budget` bytes; 0: any, the first. Throws
/// SpecError at the key `memory_budget` of `reader` that names the least that would do.
std::size_t choose_plan(const SpecReader& reader, const MemoryCandidates& candidates,
                        std::int64_t budget);

/// The first of the settings, in the order of preference, whose plan is within `budget` bytes; 0:
/// any, the first. Throws as choose_plan does.
template <class Setting, class Plan>
Setting first_that_fits(const SpecReader& reader, const std::vector<Setting>& settings,
                        std::int64_t budget, const Plan& plan_of) {
  MemoryCandidates candidates;
  for (const Setting& setting : settings) candidates.push_back([&] { return plan_of(setting); });
  return settings[choose_plan(reader, candidates, budget)];
}

/// Key `memory_budget`, megabytes of 10^6; in bytes, 0 for any.
std::int64_t read_memory_budget(const SpecReader& reader);

/// What a prior with networks plans to hold; the prior's autoencoder has it as a second base.
class PlannedMemory {
 public:
  /// `budget`: bytes that are allowed; 0: any.
  PlannedMemory(std::int64_t budget, std::function<MemoryPlan()> plan)
      : budget_(budget), plan_(std::move(plan)) {}
  virtual ~PlannedMemory() = default;
  /// Worked out when it is asked for.
  MemoryPlan memory() const { return plan_(); }
  std::int64_t memory_budget() const { return budget_; }

 private:
  std::int64_t budget_;
  std::function<MemoryPlan()> plan_;
};

}  // namespace lvtino
