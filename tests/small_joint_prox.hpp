#pragma once

#include "tests/dense.hpp"
#include "operators/axis_maps.hpp"
#include "operators/separable_operator.hpp"
#include "solvers/data_prox.hpp"

/// The data of joint proxes that are small enough for a dense minimiser.
namespace lvtino::small {

constexpr double kSigma = 0.05;
constexpr double kGamma = 0.02;
inline const Shape kShape = {1, 1, 2, 4, 4};  // 32 unknowns

inline OperatorPtr decimation(const Shape& shape = kShape, const Placement& placement = dense::kExact) {
  return std::make_shared<SeparableOperator>(
      "decimation", shape, placement, average(shape[2], 2, Tail::replicate),
      decimate(shape[3], 2, Filter::bicubic, Boundary::reflect),
      decimate(shape[4], 2, Filter::bicubic, Boundary::reflect));
}

inline std::shared_ptr<const DataProx> data_of(const OperatorPtr& a) {
  return std::make_shared<DataProx>(
      simulate(a, Rng(1).uniform(a->domain(), a->placement()), kSigma, Rng(2)),
      ConjugateGradientOptions{.tolerance = 1e-13, .max_iterations = 500});
}

}  // namespace lvtino::small
