#pragma once

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// How far each law may be missed, a dtype; every residual is scaled by its operands. One place, so
/// that no test has a private tolerance.
struct LawBounds {
  double linearity;
  double adjoint;        ///< |<Ax,y> - <x,A'y>| / (|Ax||y| + |x||A'y|)
  double gram;           ///< |A A'r - W d W'r| / (|A|^2 |r|)
  double penrose;        ///< the four Moore-Penrose identities, times the condition that they carry
  double stationarity;   ///< of the data prox
  double nonexpansive;   ///< firm non-expansiveness, relative
  double agreement;      ///< two ways to compute the same thing

  /// Of a projection by dual ascent to a relative gap of 1e-6: its result is off by the root of that.
  static constexpr double iterated_projection = 2e-3;

  /// Of a derivative against a central difference, relative, float64.
  static constexpr double difference = 1e-6;

  /// Half a unit in the last place of numbers of 16 bits, relative: results that are computed in
  /// float32 and rounded once. Nothing for wider numbers, whose bounds hold it.
  static constexpr double rounding(at::ScalarType dtype) {
    return dtype == at::kBFloat16 ? 0x1p-8 : dtype == at::kHalf ? 0x1p-11 : 0;
  }

  static LawBounds of(at::ScalarType dtype) {
    if (dtype == at::kDouble) return {1e-12, 1e-12, 1e-11, 1e-8, 1e-11, 1e-11, 1e-10};
    return {1e-5, 1e-5, 1e-4, 1e-3, 1e-4, 1e-4, 1e-4};
  }
};

/// How many standard errors the power of drawn noise may stray from what its model declares.
inline constexpr double kNoiseStandardErrors = 5;

}  // namespace lvtino
