#include "operators/separable_operator.hpp"

#include <algorithm>

#include "lvtino/core/axis_product.hpp"
#include "lvtino/core/error.hpp"
#include "operators/axis_kernels.hpp"

namespace lvtino {
namespace {

Shape range_of(const Shape& domain, const AxisMap& t, const AxisMap& h, const AxisMap& w) {
  if (domain.size() != 5 || element_count(domain) < 1)
    throw ShapeError(text("expected a non-empty domain [N, C, T, H, W], got ", to_string(domain)));
  if (t.columns() != domain[2] || h.columns() != domain[3] || w.columns() != domain[4])
    throw ShapeError(text("axis maps of ", t.columns(), ", ", h.columns(), ", ", w.columns(),
                          " samples do not fit the domain ", to_string(domain)));
  return {domain[0], domain[1], t.rows(), h.rows(), w.rows()};
}

// W diag(d) W' with W = Wt (x) Wh (x) Ww and d = dt (x) dh (x) dw.
class SeparableFactors final : public GramFactors {
 public:
  SeparableFactors(Side side, const Shape& shape, std::array<AxisEigen, 3> axes)
      : GramFactors(side, product(axes, false), product(axes, true)),
        shape_(shape),
        axes_(std::move(axes)) {}

  Tensor spectral(const std::function<double(double)>& f, const Tensor& r) const override {
    require(r, shape_, placement_of(r), "spectral function of a separable operator");
    Tensor z = r.to(at::kDouble);
    for (std::int64_t axis : order()) z = turn(z, axis, true);
    if (z.is_same(r)) z = r.clone();  // float64 with axes of one sample: nothing was turned
    scale(f, z);
    for (std::int64_t axis : order()) z = turn(z, axis, false);
    return z.to(r.scalar_type());
  }

 private:
  static double product(const std::array<AxisEigen, 3>& axes, bool largest) {
    double d = 1;
    for (const AxisEigen& axis : axes) d *= largest ? axis.values.front() : axis.values.back();
    return d;
  }

  static std::array<std::int64_t, 3> order() { return {2, 1, 0}; }

  Tensor turn(const Tensor& z, std::int64_t axis, bool to_eigen) const {
    const Tensor& basis = axes_[std::size_t(axis)].basis;
    if (basis.size(0) == 1) return z;
    return axis_product(to_eigen ? basis.t().contiguous() : basis, z, axis + 2);
  }

  void scale(const std::function<double(double)>& f, Tensor& z) const {
    const auto& [t, h, w] = axes_;
    double* const data = z.mutable_data_ptr<double>();
    const std::int64_t volume = shape_[2] * shape_[3] * shape_[4];
    std::vector<double> gain;
    gain.reserve(std::size_t(volume));
    for (double dt : t.values)
      for (double dh : h.values)
        for (double dw : w.values) gain.push_back(f(dt * dh * dw));
    for (std::int64_t slice = 0; slice < shape_[0] * shape_[1]; ++slice)
      for (std::int64_t i = 0; i < volume; ++i) data[slice * volume + i] *= gain[std::size_t(i)];
  }

  Shape shape_;
  std::array<AxisEigen, 3> axes_;
};

template <class T>
kernels::SparseRows<T> rows_of(const AxisMap& map, bool identity, const T* weights) {
  return {map.rows(), map.columns(), map.offsets().data(), map.indices().data(), weights, identity};
}

// The two passes of a separable product: planes (h, w) and time, the one that shrinks more first.
template <class T>
void run_stages(const kernels::SparseRows<T>& t, const kernels::SparseRows<T>& h,
                const kernels::SparseRows<T>& w, std::int64_t slices, const T* in, const T* base,
                T scale, T* out, const std::function<T*(std::int64_t)>& scratch) {
  const std::int64_t in_plane = h.columns * w.columns, out_plane = h.rows * w.rows;
  const bool planar = !h.identity || !w.identity;
  if (!planar) return kernels::apply_to_rows(t, in, slices, in_plane, base, scale, out);
  if (t.identity)
    return kernels::apply_to_planes(h, w, in, slices * t.columns, base, scale, out);
  if (t.columns * out_plane <= t.rows * in_plane) {
    T* const middle = scratch(slices * t.columns * out_plane);
    kernels::apply_to_planes(h, w, in, slices * t.columns, static_cast<const T*>(nullptr), T(1),
                             middle);
    return kernels::apply_to_rows(t, static_cast<const T*>(middle), slices, out_plane, base, scale,
                                  out);
  }
  T* const middle = scratch(slices * t.rows * in_plane);
  kernels::apply_to_rows(t, in, slices, in_plane, static_cast<const T*>(nullptr), T(1), middle);
  kernels::apply_to_planes(h, w, static_cast<const T*>(middle), slices * t.rows, base, scale, out);
}

}  // namespace

SeparableOperator::Stage::Stage(const AxisMap& m)
    : map(m), single(m.weights().begin(), m.weights().end()), identity(m.is_identity()) {}

SeparableOperator::SeparableOperator(std::string name, const Shape& domain,
                                     const Placement& placement, AxisMap time, AxisMap height,
                                     AxisMap width)
    : LinearOperator(std::move(name), domain, range_of(domain, time, height, width), placement),
      maps_{std::move(time), std::move(height), std::move(width)},
      forward_{Stage(maps_[0]), Stage(maps_[1]), Stage(maps_[2])},
      backward_{Stage(maps_[0].transposed()), Stage(maps_[1].transposed()),
                Stage(maps_[2].transposed())} {
  if (!placement.device.is_cpu())
    throw NotBuiltError(text("separable operators run on the CPU, not on ", placement.device.str()));
  if (placement.dtype != at::kFloat && placement.dtype != at::kDouble)
    throw PlacementError(text("expected float32 or float64, got ", to_string(placement)));
}

void SeparableOperator::run(const std::array<Stage, 3>& stages, const Tensor& in,
                            const Tensor& base, double scale, Tensor& out) const {
  const auto& [t, h, w] = stages;
  const std::int64_t slices = in.size(0) * in.size(1);
  Tensor middle;
  const auto dispatch = [&](auto zero, const auto& weights) {
    using T = decltype(zero);
    run_stages<T>(rows_of<T>(t.map, t.identity, weights(t)), rows_of<T>(h.map, h.identity, weights(h)),
                  rows_of<T>(w.map, w.identity, weights(w)), slices, in.const_data_ptr<T>(),
                  base.defined() ? base.const_data_ptr<T>() : nullptr, T(scale),
                  out.mutable_data_ptr<T>(), [&](std::int64_t count) {
                    middle = at::empty({count}, in.options());
                    return middle.mutable_data_ptr<T>();
                  });
  };
  if (placement().dtype == at::kFloat)
    dispatch(0.0f, [](const Stage& stage) { return stage.single.data(); });
  else
    dispatch(0.0, [](const Stage& stage) { return stage.map.weights().data(); });
}

Tensor SeparableOperator::do_apply(const Tensor& x) const {
  Tensor y = at::empty(range(), x.options());
  run(forward_, x, Tensor(), 1, y);
  return y;
}

Tensor SeparableOperator::do_adjoint(const Tensor& y) const {
  Tensor x = at::empty(domain(), y.options());
  run(backward_, y, Tensor(), 1, x);
  return x;
}

void SeparableOperator::do_adjoint_add(const Tensor& v, double scale, const Tensor& y,
                                       Tensor& out) const {
  run(backward_, y, v, scale, out);
}

std::shared_ptr<const GramFactors> SeparableOperator::gram_factors() const {
  const bool range_side = element_count(range()) <= element_count(domain());
  return std::make_shared<SeparableFactors>(
      range_side ? GramFactors::Side::range : GramFactors::Side::domain,
      range_side ? range() : domain(),
      std::array<AxisEigen, 3>{eigen_of(maps_[0], range_side), eigen_of(maps_[1], range_side),
                               eigen_of(maps_[2], range_side)});
}

std::shared_ptr<const SeparableOperator> compose_separable(const SeparableOperator& second,
                                                           const SeparableOperator& first) {
  return std::make_shared<SeparableOperator>(
      second.name() + " after " + first.name(), first.domain(), first.placement(),
      second.time().after(first.time()), second.height().after(first.height()),
      second.width().after(first.width()));
}

}  // namespace lvtino
