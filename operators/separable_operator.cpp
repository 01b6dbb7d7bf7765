#include "operators/separable_operator.hpp"

#include <algorithm>

#include "lvtino/core/error.hpp"
#include "operators/axis_kernels.hpp"
#include "operators/separable_factors.hpp"
#include "operators/separable_passes.hpp"

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

// Passes on the CPU; what lies between them belongs to the call.
template <class T>
struct CpuPasses {
  using Map = kernels::SparseRows<T>;
  const Tensor& like;
  std::array<Tensor, 2> owners = {};

  void rows(const Map& m, const T* in, std::int64_t outer, std::int64_t inner, const T* base,
            T scale, T* out) const {
    kernels::apply_to_rows(m, in, outer, inner, base, scale, out);
  }
  void planes(const Map& h, const Map& w, const T* in, std::int64_t count, const T* base, T scale,
              T* out) const {
    kernels::apply_to_planes(h, w, in, count, base, scale, out);
  }
  static bool takes_planes_first(const Map& t, const Map& h, const Map& w) {
    return kernels::takes_planes_first(t, h, w);
  }
  // Slice by slice: what lies between stays small.
  void planes_then_rows(const Map& t, const Map& h, const Map& w, const T* in, std::int64_t slices,
                        const T* base, T scale, T* out) {
    const std::int64_t plane = h.rows * w.rows, in_slice = t.columns * h.columns * w.columns;
    T* const middle = scratch(0, t.columns * plane);
    for (std::int64_t s = 0; s < slices; ++s) {
      planes(h, w, in + s * in_slice, t.columns, nullptr, T(1), middle);
      const std::int64_t at = s * t.rows * plane;
      rows(t, middle, 1, plane, base ? base + at : nullptr, scale, out + at);
    }
  }
  void rows_then_planes(const Map& t, const Map& h, const Map& w, const T* in, std::int64_t slices,
                        const T* base, T scale, T* out) const {
    kernels::apply_rows_then_planes(t, h, w, in, slices, base, scale, out);
  }
  T* scratch(std::size_t slot, std::int64_t count) {
    owners[slot] = at::empty({count}, like.options());
    return owners[slot].mutable_data_ptr<T>();
  }
};

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
    throw NotBuiltError(
        text("separable operators run on the CPU, not on ", placement.device.str()));
  if (placement.dtype != at::kFloat && placement.dtype != at::kDouble)
    throw PlacementError(text("expected float32 or float64, got ", to_string(placement)));
}

SeparableOperator::SeparableOperator(std::string name, const Shape& domain,
                                     const Placement& placement, AxisMap time, AxisMap height,
                                     AxisMap width)
    : SeparableOperator(
          std::move(name), domain, placement,
          {channels_kept(domain), std::move(time), std::move(height), std::move(width)}) {}

template <class T>
void SeparableOperator::run_as(const std::array<Stage, 4>& stages, const Tensor& in,
                               const Tensor& base, double scale, Tensor& out) const {
  const auto rows = [&](std::size_t axis) {
    const Stage& stage = stages[axis];
    return rows_of<T>(stage.map, stage.identity, stage.template weights<T>());
  };
  CpuPasses<T> backend{in};
  const kernels::SparseRows<T> c = rows(0), t = rows(1), h = rows(2), w = rows(3);
  SeparablePasses<T, kernels::SparseRows<T>, CpuPasses<T>>(c, t, h, w, backend)
      .run(in.size(0), in.const_data_ptr<T>(), base.defined() ? base.const_data_ptr<T>() : nullptr,
           T(scale), out.mutable_data_ptr<T>());
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
      std::array<AxisSpectrum, 4>{
          spectrum_of(maps_[0], range_side), spectrum_of(maps_[1], range_side),
          spectrum_of(maps_[2], range_side), spectrum_of(maps_[3], range_side)},
      banded_gram(maps_[2], range_side), banded_gram(maps_[3], range_side));
}

std::shared_ptr<const SeparableOperator> compose_separable(const SeparableOperator& second,
                                                           const SeparableOperator& first) {
  return std::make_shared<SeparableOperator>(
      second.name() + " after " + first.name(), first.domain(), first.placement(),
      SeparableMaps{second.channel().after(first.channel()), second.time().after(first.time()),
                    second.height().after(first.height()), second.width().after(first.width())});
}

}  // namespace lvtino
