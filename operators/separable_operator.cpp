#include "operators/separable_operator.hpp"

#include <algorithm>

#include "lvtino/core/error.hpp"
#include "operators/axis_kernels.hpp"
#include "operators/separable_factors.hpp"

namespace lvtino {
namespace {

Shape range_of(const Shape& domain, const SeparableMaps& m) {
  if (domain.size() != 5 || element_count(domain) < 1)
    throw ShapeError(text("expected a non-empty domain [N, C, T, H, W], got ", to_string(domain)));
  if (m.channel.columns() != domain[1])
    throw ShapeError(text("a channel map of ", m.channel.columns(),
                          " channels does not fit the domain ", to_string(domain)));
  if (m.time.columns() != domain[2] || m.height.columns() != domain[3] ||
      m.width.columns() != domain[4])
    throw ShapeError(text("axis maps of ", m.time.columns(), ", ", m.height.columns(), ", ",
                          m.width.columns(), " samples do not fit the domain ", to_string(domain)));
  return {domain[0], m.channel.rows(), m.time.rows(), m.height.rows(), m.width.rows()};
}

AxisMap channels_kept(const Shape& domain) {
  return AxisMap::identity(domain.size() == 5 ? std::max<std::int64_t>(domain[1], 1) : 1);
}

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
                                     const Placement& placement, SeparableMaps maps)
    : LinearOperator(std::move(name), domain, range_of(domain, maps), placement),
      maps_{std::move(maps.channel), std::move(maps.time), std::move(maps.height),
            std::move(maps.width)},
      forward_{Stage(maps_[0]), Stage(maps_[1]), Stage(maps_[2]), Stage(maps_[3])},
      backward_{Stage(maps_[0].transposed()), Stage(maps_[1].transposed()),
                Stage(maps_[2].transposed()), Stage(maps_[3].transposed())} {
  if (!placement.device.is_cpu())
    throw NotBuiltError(text("separable operators run on the CPU, not on ", placement.device.str()));
  if (placement.dtype != at::kFloat && placement.dtype != at::kDouble)
    throw PlacementError(text("expected float32 or float64, got ", to_string(placement)));
}

SeparableOperator::SeparableOperator(std::string name, const Shape& domain,
                                     const Placement& placement, AxisMap time, AxisMap height,
                                     AxisMap width)
    : SeparableOperator(std::move(name), domain, placement,
                        {channels_kept(domain), std::move(time), std::move(height), std::move(width)}) {}

template <class T>
void SeparableOperator::run_as(const std::array<Stage, 4>& stages, const Tensor& in,
                               const Tensor& base, double scale, Tensor& out) const {
  const auto rows = [&](std::size_t axis) {
    const Stage& stage = stages[axis];
    return rows_of<T>(stage.map, stage.identity, stage.template weights<T>());
  };
  const auto scratch_into = [&](Tensor& owner) {
    return [&owner, &in](std::int64_t count) {
      owner = at::empty({count}, in.options());
      return owner.mutable_data_ptr<T>();
    };
  };
  const kernels::SparseRows<T> c = rows(0), t = rows(1), h = rows(2), w = rows(3);
  const std::int64_t batch = in.size(0), in_volume = t.columns * h.columns * w.columns,
                     out_volume = t.rows * h.rows * w.rows;
  const T* const addend = base.defined() ? base.const_data_ptr<T>() : nullptr;
  T* const target = out.mutable_data_ptr<T>();
  Tensor middle, mixed;
  if (c.identity)
    return run_stages<T>(t, h, w, batch * c.columns, in.const_data_ptr<T>(), addend, T(scale), target,
                         scratch_into(middle));
  // Channels are mixed where there are fewer numbers to mix: before the axes if they get fewer.
  if (c.rows <= c.columns) {
    T* const fewer = scratch_into(mixed)(batch * c.rows * in_volume);
    kernels::apply_to_rows(c, in.const_data_ptr<T>(), batch, in_volume, static_cast<const T*>(nullptr),
                           T(1), fewer);
    return run_stages<T>(t, h, w, batch * c.rows, fewer, addend, T(scale), target, scratch_into(middle));
  }
  T* const unmixed = scratch_into(mixed)(batch * c.columns * out_volume);
  run_stages<T>(t, h, w, batch * c.columns, in.const_data_ptr<T>(), nullptr, T(1), unmixed,
                scratch_into(middle));
  kernels::apply_to_rows(c, static_cast<const T*>(unmixed), batch, out_volume, addend, T(scale), target);
}

void SeparableOperator::run(const std::array<Stage, 4>& stages, const Tensor& in,
                            const Tensor& base, double scale, Tensor& out) const {
  if (placement().dtype == at::kFloat)
    run_as<float>(stages, in, base, scale, out);
  else
    run_as<double>(stages, in, base, scale, out);
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
      std::array<AxisSpectrum, 4>{spectrum_of(maps_[0], range_side), spectrum_of(maps_[1], range_side),
                                  spectrum_of(maps_[2], range_side), spectrum_of(maps_[3], range_side)});
}

std::shared_ptr<const SeparableOperator> compose_separable(const SeparableOperator& second,
                                                           const SeparableOperator& first) {
  return std::make_shared<SeparableOperator>(
      second.name() + " after " + first.name(), first.domain(), first.placement(),
      SeparableMaps{second.channel().after(first.channel()), second.time().after(first.time()),
                    second.height().after(first.height()), second.width().after(first.width())});
}

}  // namespace lvtino
