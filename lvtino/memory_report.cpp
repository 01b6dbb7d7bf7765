#include "lvtino/memory_report.hpp"

#include <iomanip>
#include <sstream>

#include "lvtino/core/compute_device.hpp"
#include "priors/memory_plan.hpp"

namespace lvtino {
namespace {

struct PlannedPrior {
  std::string role;  ///< "video", "image"
  const Prior* prior;
  const PlannedMemory* planned;
};

std::vector<PlannedPrior> planned_priors(const Plan& plan) {
  std::vector<PlannedPrior> out;
  for (const auto& [role, prior] : {std::pair{"video", plan.video}, std::pair{"image", plan.image}})
    if (prior)
      if (const auto* planned = dynamic_cast<const PlannedMemory*>(&prior->autoencoder()))
        out.push_back({role, prior.get(), planned});
  return out;
}

std::string megabytes(std::int64_t bytes) { return text((bytes + 999999) / 1000000); }

}  // namespace

std::string memory_table(const Plan& plan) {
  std::ostringstream out;
  std::vector<MemoryPlan> all;
  for (const auto& [role, prior, planned] : planned_priors(plan)) {
    const MemoryPlan memory = planned->memory();
    all.push_back(memory);
    const std::int64_t budget = planned->memory_budget();
    out << "memory of " << role << " prior " << prior->name() << " (" << memory.device
        << "): " << memory.words << "\n"
        << "  MB                weights      work\n";
    for (const MemoryStage& stage : memory.stages)
      out << "  " << std::left << std::setw(14) << stage.name << std::right << std::setw(11)
          << megabytes(stage.weights) << std::setw(10) << megabytes(stage.work) << "\n";
    out << "  peak " << megabytes(memory.peak()) << " MB"
        << (budget > 0 ? text(" of ", budget / 1000000) : std::string()) << "\n";
  }
  if (all.size() == 2 && all[0].device == all[1].device)
    out << "both, which take turns: peak " << megabytes(joint_peak(all)) << " MB\n";
  if (const std::int64_t joint = plan.joint_device_bytes(); joint > 0)
    out << "memory of a joint prox (cuda): " << megabytes(joint) << " MB while it computes\n";
  return out.str();
}

Json memory_json(const Plan& plan) {
  Json priors = Json::array(), out = Json::object();
  bool on_device = false;
  for (const auto& [role, prior, planned] : planned_priors(plan)) {
    const MemoryPlan memory = planned->memory();
    Json stages = Json::array();
    for (const MemoryStage& stage : memory.stages)
      stages.push_back({{"name", stage.name},
                        {"network", stage.network},
                        {"weight_bytes", stage.weights},
                        {"work_bytes", stage.work}});
    priors.push_back({{"prior", role},
                      {"type", prior->name()},
                      {"words", memory.words},
                      {"device", memory.device},
                      {"budget_bytes", planned->memory_budget()},
                      {"peak_bytes", memory.peak()},
                      {"stages", stages}});
    on_device = on_device || memory.device == "cuda";
  }
  if (const std::int64_t joint = plan.joint_device_bytes(); joint > 0) out["joint_prox_device_bytes"] = joint;
  if (priors.empty()) return out;
  out["memory_plan"] = priors;
  if (on_device) out["device_peak_bytes"] = device_peak_bytes();
  return out;
}

}  // namespace lvtino
