#pragma once

#include <map>
#include <string>
#include <vector>

#include "lvtino/sampler.hpp"
#include "solvers/data_prox.hpp"

namespace lvtino {

/// What the rows of one size work on: made when first asked for, then kept.
class Workload {
 public:
  /// Sizes by name: small, clip (25 frames of 640x360), hd.
  static std::vector<std::string> size_names();
  /// `problems`: folder of problem_a.json, problem_b.json, problem_c.json; where one is missing,
  /// the operator of the paper is taken. Throws SpecError for an unknown size.
  Workload(const std::string& size, std::string problems);

  const Shape& domain() const { return domain_; }
  std::int64_t voxels() const { return element_count(domain_); }
  const Placement& placement() const { return placement_; }

  const Tensor& video();        ///< a procedural clip
  const Tensor& noisy_video();  ///< with noise of standard deviation .1
  /// An entry of the operator table by its example, or "problem_a", "problem_b", "problem_c".
  OperatorPtr op(const std::string& name);
  std::shared_ptr<const DataProx> data_prox(const std::string& problem);  ///< sigma .001
  std::shared_ptr<const Prior> prior(const std::string& name);

 private:
  OperatorPtr make_operator(const std::string& name) const;

  Shape domain_;
  Placement placement_;
  std::string problems_;
  Tensor video_, noisy_;
  std::map<std::string, OperatorPtr> operators_;
  std::map<std::string, std::shared_ptr<const DataProx>> proxes_;
  std::map<std::string, std::shared_ptr<const Prior>> priors_;
};

}  // namespace lvtino
