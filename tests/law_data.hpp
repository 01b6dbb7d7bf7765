#pragma once

#include "tests/dense.hpp"
#include "operators/axis_maps.hpp"
#include "operators/mask_operator.hpp"
#include "operators/separable_operator.hpp"
#include "solvers/data_prox.hpp"

/// Data for the laws of proxes, with exact factors and without.
namespace lvtino::law_data {

constexpr double kSigma = 0.05;
inline const Shape kDomain = {1, 2, 3, 6, 8};

inline OperatorPtr decimation(const Placement& placement = dense::kExact) {
  return std::make_shared<SeparableOperator>("decimation", kDomain, placement,
                                             average(3, 2, Tail::replicate),
                                             decimate(6, 2, Filter::bicubic, Boundary::reflect),
                                             decimate(8, 2, Filter::bicubic, Boundary::reflect));
}

inline OperatorPtr mask(const Placement& placement = dense::kExact) {
  return std::make_shared<MaskOperator>(kDomain, placement,
                                        random_mask(kDomain, placement, 0.5, true, Rng(3)));
}

inline std::shared_ptr<const DataProx> data_of(const OperatorPtr& a) {
  return std::make_shared<DataProx>(
      simulate(a, Rng(1).uniform(kDomain, a->placement()), kSigma, Rng(2)));
}

inline Tensor centre(const Placement& placement = dense::kExact) {
  return Rng(3).normal(kDomain, placement) * 0.2 + 0.5;
}

}  // namespace lvtino::law_data
