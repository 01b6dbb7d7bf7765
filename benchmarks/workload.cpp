#include "benchmarks/workload.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/procedural_clip.hpp"
#include "operators/table.hpp"
#include "priors/table.hpp"

namespace lvtino {
namespace {

const std::map<std::string, Shape>& sizes() {
  static const std::map<std::string, Shape> table = {
      {"small", {1, 3, 9, 96, 160}}, {"clip", {1, 3, 25, 360, 640}}, {"hd", {1, 3, 25, 768, 1280}}};
  return table;
}

// Problems A, B and C of arXiv 2510.01339.
const std::map<std::string, const char*>& problems_of_the_paper() {
  static const std::map<std::string, const char*> table = {
      {"problem_a", R"({"type": "compose", "operators": [
          {"type": "temporal_average", "factor": 4}, {"type": "spatial_decimation", "factor": 4}]})"},
      {"problem_b", R"({"type": "compose", "operators": [
          {"type": "temporal_blur", "kernel": "uniform", "size": 7, "boundary": "circular"},
          {"type": "spatial_decimation", "factor": 8}]})"},
      {"problem_c", R"({"type": "compose", "operators": [
          {"type": "temporal_average", "factor": 8}, {"type": "spatial_decimation", "factor": 8}]})"}};
  return table;
}

}  // namespace

std::vector<std::string> Workload::size_names() { return {"small", "clip", "hd"}; }

Workload::Workload(const std::string& size, std::string problems) : problems_(std::move(problems)) {
  const auto found = sizes().find(size);
  if (found == sizes().end())
    throw SpecError("", text("--size: expected small, clip or hd, got ", size));
  domain_ = found->second;
}

const Tensor& Workload::video() {
  if (!video_.defined())
    video_ = render({.frames = domain_[2], .height = domain_[3], .width = domain_[4]}).frames;
  return video_;
}

const Tensor& Workload::noisy_video() {
  if (!noisy_.defined())
    noisy_ = video() + Rng(1).fork("noise").normal(domain_, placement_).mul_(0.1);
  return noisy_;
}

OperatorPtr Workload::make_operator(const std::string& name) const {
  const auto problem = problems_of_the_paper().find(name);
  if (problem != problems_of_the_paper().end()) {
    const std::string path = (std::filesystem::path(problems_) / (name + ".json")).string();
    const Json spec = std::filesystem::exists(path) ? read_json_file(path).at("operator")
                                                    : Json::parse(problem->second);
    return operator_table().make(SpecReader(spec, "/operator"), domain_, placement_);
  }
  for (const auto& entry : operator_table().entries())
    if (entry.name == name)
      return operator_table().make(SpecReader(Json::parse(entry.example)), domain_, placement_);
  throw SpecError("", text("no operator ", name));
}

OperatorPtr Workload::op(const std::string& name) {
  OperatorPtr& slot = operators_[name];
  if (!slot) slot = make_operator(name);
  return slot;
}

std::shared_ptr<const DataProx> Workload::data_prox(const std::string& problem) {
  auto& slot = proxes_[problem];
  if (!slot)
    slot = std::make_shared<DataProx>(
        simulate(op(problem), video(), 0.001, Rng(1).fork("measurement")));
  return slot;
}

std::shared_ptr<const Prior> Workload::prior(const std::string& name) {
  auto& slot = priors_[name];
  if (!slot) {
    for (const auto& entry : prior_table().entries())
      if (entry.name == name)
        slot = prior_table().make(SpecReader(Json::parse(entry.example)), domain_, placement_);
    if (!slot) throw SpecError("", text("no prior ", name));
  }
  return slot;
}

}  // namespace lvtino
