#include "lvtino/device/kernel_sets.hpp"
#include "lvtino/device/primal_dual_on_cpu.hpp"

#include "lvtino/core/error.hpp"
#include "operators/axis_maps.hpp"
#include "solvers/data_prox.hpp"

namespace lvtino::device {
namespace {

// Any sparse map: rows of none to four entries anywhere, or overlapping windows, or the identity.
AxisMap drawn_map(Extents& draw, std::int64_t columns) {
  const std::int64_t kind = draw.below(6);
  if (kind == 0) return AxisMap::identity(columns);
  if (kind == 1) return average(columns, 1 + draw.below(columns), Tail::replicate);
  if (kind == 2) return blur(columns, {0.2, 0.5, 0.3}, Boundary::circular);
  std::vector<std::vector<AxisMap::Entry>> rows(std::size_t(kind == 3 ? draw.next(70) : columns));
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::int64_t k = draw.below(5); k > 0; --k) {
      const std::int64_t column =
          kind == 4 ? std::min(columns - 1, std::int64_t(i) + k) : draw.below(columns);
      rows[i].push_back({column, 0.25 * double(1 + draw.below(8)) - 1.125});
    }
  return AxisMap(columns, rows);
}

template <class T>
std::shared_ptr<const SeparableOperator> drawn_operator(Extents& draw) {
  const Shape domain{1 + draw.below(2), draw.next(4), draw.next(9), draw.next(70), draw.next(140)};
  const auto map = [&](std::size_t axis) { return drawn_map(draw, domain[axis]); };
  AxisMap c = draw.below(2) == 0 ? map(1) : AxisMap::identity(domain[1]);
  AxisMap t = map(2), h = map(3), w = map(4);
  return std::make_shared<SeparableOperator>(
      "drawn", domain, Placement{kDtype<T>, at::kCPU},
      SeparableMaps{std::move(c), std::move(t), std::move(h), std::move(w)});
}

template <class T>
void separable_products(const Stream& stream, int shapes, Extents draw,
                        std::vector<LawReport>& out) {
  Comparison forward("separable apply", kDtype<T>), backward("separable adjoint", kDtype<T>);
  for (int k = 0; k < shapes; ++k) {
    const auto a = drawn_operator<T>(draw);
    const std::string name = text(to_string(a->domain()), " to ", to_string(a->range()));
    const Separable<T> device(stream, *a);
    const Tensor x = draw.normal(a->domain(), kDtype<T>), y = draw.normal(a->range(), kDtype<T>);
    const Buffer<T> on_x = on_device<T>(stream, x), on_y = on_device<T>(stream, y),
                    result(on_y.count());
    device.apply(stream, on_x.data(), result.data());
    forward.add(on_host(stream, result, a->range()), a->apply(x), name);
    device.adjoint_add(stream, on_x.data(), T(0.5), on_y.data(), on_x.data());
    backward.add(on_host(stream, on_x, a->domain()), a->adjoint_add(x, 0.5, y), name);
    device.adjoint_add(stream, nullptr, T(1), on_y.data(), on_x.data());
    backward.add(on_host(stream, on_x, a->domain()), a->adjoint(y), name);
  }
  out.push_back(forward.report());
  out.push_back(backward.report());
}

// The last axis as rows with nothing inside, which SeparableOperator leaves to the planes.
template <class T>
void single_axes(const Stream& stream, int shapes, Extents draw, std::vector<LawReport>& out) {
  Comparison rows("apply_to_rows", kDtype<T>);
  for (int k = 0; k < shapes; ++k) {
    const std::int64_t outer = draw.next(20), length = draw.next(140), inner = draw.next(40);
    const AxisMap map = drawn_map(draw, length);
    const std::vector<T> weights(map.weights().begin(), map.weights().end());
    const Tensor x = draw.normal({outer, length, inner}, kDtype<T>);
    Tensor host = at::empty({outer, map.rows(), inner}, x.options());
    kernels::apply_to_rows<T>(
        {map.rows(), length, map.offsets().data(), map.indices().data(), weights.data(), false},
        x.const_data_ptr<T>(), outer, inner, nullptr, T(2), host.mutable_data_ptr<T>());
    const AxisTable<T> table(stream,
                             {map.rows(), length, map.offsets().data(), map.indices().data(),
                              map.weights().data(), map.is_identity()});
    const Buffer<T> on_x = on_device<T>(stream, x), result(host.numel());
    apply_to_rows<T>(stream, table, on_x.data(), outer, inner, nullptr, T(2), result.data());
    rows.add(on_host(stream, result, {outer, map.rows(), inner}), host,
             text(outer, "x", length, "x", inner, " to ", map.rows(), " rows"));
  }
  out.push_back(rows.report());
}

// Decimations and blurs of the problems of the paper, so that the spectrum is neither flat nor
// regular.
template <class T>
std::shared_ptr<const SeparableOperator> restorable(Extents& draw) {
  const Shape domain{1 + draw.below(2), 1 + draw.below(3), draw.next(9), 8 + draw.next(64),
                     8 + draw.next(120)};
  const std::int64_t factor = 2 + draw.below(3);
  const Filter filter = draw.below(2) == 0 ? Filter::bicubic : Filter::area;
  AxisMap time = draw.below(2) == 0 ? average(domain[2], 2, Tail::replicate)
                                    : blur(domain[2], {0.25, 0.5, 0.25}, Boundary::circular);
  return std::make_shared<SeparableOperator>(
      "restorable", domain, Placement{kDtype<T>, at::kCPU}, std::move(time),
      decimate(domain[3], factor, filter, Boundary::reflect),
      decimate(domain[4], factor, filter, Boundary::replicate));
}

template <class T>
void data_proxes(const Stream& stream, int shapes, Extents draw, std::vector<LawReport>& out) {
  Comparison prox("data prox", kDtype<T>);
  for (int k = 0; k < shapes; ++k) {
    const auto a = restorable<T>(draw);
    const Measurement m(a, draw.normal(a->range(), kDtype<T>), 0.05);
    Tensor v = draw.normal(a->domain(), kDtype<T>);
    const double gamma = 0.01 * double(1 + draw.below(100));
    const Buffer<T> on_v = on_device<T>(stream, v);
    const std::int64_t least_part =
        k % 2 == 0 ? 1 : DataProxOnDevice<T>::kLargeSlice;  // by slice, or as a whole
    DataProxOnDevice<T>(stream, m, least_part).solve_in_place(stream, on_v.data(), gamma);
    prox.add(on_host(stream, on_v, a->domain()), DataProx(m).solve(v, gamma).x,
             text(to_string(a->domain()), " to ", to_string(a->range()), ", gamma ", gamma));
  }
  out.push_back(prox.report());
}

// With and without a data term; every other axis may have no weight.
template <class T>
void primal_dual_loops(const Stream& stream, int shapes, Extents draw,
                       std::vector<LawReport>& out) {
  Comparison loop("primal-dual loop", kDtype<T>);
  for (int k = 0; k < shapes; ++k) {
    const auto a = restorable<T>(draw);
    const DataProx data(Measurement(a, draw.normal(a->range(), kDtype<T>), 0.05));
    const bool with_data = k % 2 == 0;
    const auto weight = [&] { return 0.1 * double(draw.below(4)); };
    const TotalVariation tv(
        weight(), weight(), 0.1,
        draw.below(2) == 0 ? TotalVariation::Kind::isotropic : TotalVariation::Kind::anisotropic);
    const double norm = tv.squared_norm(a->domain());
    const PrimalDualSteps steps{1, 0.5, norm > 0 ? 1 / (0.5 * norm) : 0};
    const Tensor u = draw.normal(a->domain(), kDtype<T>);
    std::unique_ptr<DataProxOnDevice<T>> prox;
    if (with_data)
      prox = std::make_unique<DataProxOnDevice<T>>(stream, data.measurement(),
                                                   k % 4 == 0 ? 1 : 1 << 24);
    const PrimalDualLoop<T> device(stream, tv_shape(u), tv.weights(), numbers_of<T>(u), steps,
                                   prox.get());
    device.advance(3);
    loop.add(on_host(stream, device.x(), a->domain()),
             primal_dual_on_cpu(tv, u, steps, with_data ? &data : nullptr, 6),
             text(to_string(a->domain()), with_data ? " with data" : ""));
  }
  out.push_back(loop.report());
}

}  // namespace

void add_separable_laws(const Stream& stream, int shapes, const Rng& rng,
                        std::vector<LawReport>& out) {
  single_axes<float>(stream, shapes, Extents(rng.fork("axis")), out);
  single_axes<double>(stream, shapes, Extents(rng.fork("axis")), out);
  separable_products<float>(stream, shapes, Extents(rng.fork("product")), out);
  separable_products<double>(stream, shapes, Extents(rng.fork("product")), out);
  data_proxes<float>(stream, shapes, Extents(rng.fork("prox")), out);
  data_proxes<double>(stream, shapes, Extents(rng.fork("prox")), out);
  primal_dual_loops<float>(stream, shapes, Extents(rng.fork("loop")), out);
  primal_dual_loops<double>(stream, shapes, Extents(rng.fork("loop")), out);
}

}  // namespace lvtino::device
