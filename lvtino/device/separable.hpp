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

  /// Parts that the operator treats each alike: samples and channels, or 1 where it mixes channels.
  std::int64_t slices() const { return slices_; }
  /// The same for one part; pointers to its first number.
  void apply_slice(const Stream& stream, const T* x, T* y) const;
  void adjoint_add_slice(const Stream& stream, const T* base, T scale, const T* y, T* out) const;

 private:
  using Maps = std::array<AxisTable<T>, 4>;
  void run(const Stream& stream, const Maps& maps, bool slice, const T* in, const T* base, T scale,
           T* out) const;

  std::int64_t batch_, slices_, domain_count_, range_count_;
  Maps forward_, backward_;
  mutable std::array<std::unique_ptr<Buffer<T>>, 2> between_;
};

/// The exact data prox of solvers/data_prox.hpp with factors on the range side:
/// p = v + gamma A' W [(sigma^2 + gamma d)^-1 W'(y - A v)], the low-resolution part in float64.
///
/// Of a large video that part of one slice is computed while the memory is busy with other slices.
template <class T>
class DataProxOnDevice {
 public:
  /// Slices of at least this many pixels take turns; of smaller ones the launches would cost more.
  static constexpr std::int64_t kLargeSlice = 1 << 24;

  /// Throws NotSupportedError unless the operator is separable with no more data than unknowns.
  DataProxOnDevice(const Stream& stream, const Measurement& measurement,
                   std::int64_t least_part = kLargeSlice);
  /// The same with the factors at hand, which take a while to compute.
  DataProxOnDevice(const Stream& stream, const Measurement& measurement,
                   const SeparableFactors& factors, std::int64_t least_part = kLargeSlice);

  /// Bytes that it takes, tables of few entries rounded up.
  static std::int64_t bytes(const SeparableOperator& a, std::int64_t least_part = kLargeSlice);

  const Separable<T>& op() const { return op_; }
  double squared_sigma() const { return squared_sigma_; }
  /// Replaces v by its prox. After a first call it only launches: it can be recorded.
  void solve_in_place(const Stream& stream, T* v, double gamma) const;
  /// *sum = |A x - y|^2, which is 2 sigma^2 g(x). `partial` holds kMostPartials numbers (sums.hpp).
  void squared_residual(const Stream& stream, const T* x, double* partial, double* sum) const;
  /// *sum = <r, (sigma^2 + gamma A A')^-1 r>, r = y - A w, twice the Moreau envelope of g at w.
  void envelope(const Stream& stream, const T* w, double gamma, double* partial, double* sum) const;

 private:
  struct Axis {
    std::unique_ptr<Buffer<double>> basis;  ///< none: nothing to turn
    std::int64_t extent, outer, inner;
  };
  void apply_parts(const Stream& stream, const T* x) const;
  double* turned(const Stream& stream, bool to_eigen, std::int64_t parts, double* z,
                 double* other) const;
  void filter(const Stream& stream, std::int64_t part, double gamma) const;
  std::int64_t part_domain() const { return op_.domain_count() / parts_; }
  std::int64_t part_range() const { return op_.range_count() / parts_; }

  Separable<T> op_;
  double squared_sigma_;
  std::int64_t parts_;      // worked on one after the other
  std::vector<Axis> axes_;  // w, h, t, c of a part
  Spectrum spectrum_;
  Buffer<double> values_;
  Buffer<T> y_, residual_;
  Buffer<double> wide_, other_;
  Stream aside_;
  std::vector<Marker> ready_, done_;
};

}  // namespace lvtino::device
