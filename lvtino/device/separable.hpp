#pragma once

#include <array>
#include <memory>
#include <vector>

#include "lvtino/device/axis_steps.hpp"
#include "lvtino/device/spectrum.hpp"
#include "operators/measurement.hpp"
#include "operators/separable_factors.hpp"
#include "operators/separable_operator.hpp"

namespace lvtino::device {

/// A separable operator on the device, for arrays there of its domain and range. It owns the memory
/// between its passes: use it on one stream at a time.
template <class T>
class Separable {
 public:
  Separable(const Stream& stream, const SeparableOperator& a);

  std::int64_t domain_count() const { return domain_count_; }
  std::int64_t range_count() const { return range_count_; }

  /// y = A x.
  void apply(const Stream& stream, const T* x, T* y) const;
  /// out = base + scale A'y; `base` may be null or equal to `out`.
  void adjoint_add(const Stream& stream, const T* base, T scale, const T* y, T* out) const;

 private:
  using Maps = std::array<AxisTable<T>, 4>;
  struct Passes;
  void run(const Stream& stream, const Maps& maps, const T* in, const T* base, T scale,
           T* out) const;

  std::int64_t batch_, domain_count_, range_count_;
  Maps forward_, backward_;
  mutable std::array<std::unique_ptr<Buffer<T>>, 2> between_;
};

/// The exact data prox of solvers/data_prox.hpp with factors on the range side:
/// p = v + gamma A' W [(sigma^2 + gamma d)^-1 W'(y - A v)], the low-resolution part in float64.
template <class T>
class DataProxOnDevice {
 public:
  /// Throws NotSupportedError unless the operator is separable with no more data than unknowns.
  DataProxOnDevice(const Stream& stream, const Measurement& measurement);

  const Separable<T>& op() const { return op_; }
  /// Replaces v by its prox. After a first call it only launches: it can be recorded.
  void solve_in_place(const Stream& stream, T* v, double gamma) const;

 private:
  struct Axis {
    std::unique_ptr<Buffer<double>> basis;  ///< none: nothing to turn
    std::int64_t extent, outer, inner;
  };
  DataProxOnDevice(const Stream& stream, const Measurement& measurement,
                   const SeparableFactors& factors);
  void turn(const Stream& stream, bool to_eigen) const;

  Separable<T> op_;
  double squared_sigma_;
  std::int64_t batch_;
  std::vector<Axis> axes_;  // w, h, t, c
  Spectrum spectrum_;
  Buffer<double> values_;
  Buffer<T> y_, residual_;
  mutable Buffer<double> wide_, other_;
};

}  // namespace lvtino::device
