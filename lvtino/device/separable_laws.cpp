#include "lvtino/core/error.hpp"
#include "lvtino/device/drawn_operator.hpp"
#include "lvtino/device/kernel_sets.hpp"
#include "lvtino/device/separable.hpp"
#include "lvtino/device/sums.hpp"
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

template <class T>
void data_proxes(const Stream& stream, int shapes, Extents draw, std::vector<LawReport>& out) {
  Comparison prox("data prox", kDtype<T>), residual("squared residual", kDtype<T>),
      envelope("envelope of the data term", kDtype<T>);
  for (int k = 0; k < shapes; ++k) {
    const auto a = drawn_restorable(draw, kDtype<T>);
    const Measurement m(a, draw.normal(a->range(), kDtype<T>), 0.05);
    Tensor v = draw.normal(a->domain(), kDtype<T>);
    const double gamma = 0.01 * double(1 + draw.below(100));
    const Buffer<T> on_v = on_device<T>(stream, v);
    const std::int64_t least_part =
        k % 2 == 0 ? 1 : DataProxOnDevice<T>::kLargeSlice;  // by slice, or as a whole
    const std::string name =
        text(to_string(a->domain()), " to ", to_string(a->range()), ", gamma ", gamma);
    const DataProxOnDevice<T> device(stream, m, least_part);
    const DataProx host(m);
    const Buffer<double> partial(kMostPartials), sums(2);
    device.squared_residual(stream, on_v.data(), partial.data(), sums.data());
    device.envelope(stream, on_v.data(), gamma, partial.data(), sums.data() + 1);
    const std::vector<double> found = sums.host(stream);
    residual.add(found[0] / (2 * m.sigma * m.sigma), host.value(v), name);
    envelope.add(found[1] / 2, host.envelope_lower_bound(v, gamma), name);
    device.solve_in_place(stream, on_v.data(), gamma);
    prox.add(on_host(stream, on_v, a->domain()), host.solve(v, gamma).x, name);
  }
  for (const Comparison* each : {&prox, &residual, &envelope}) out.push_back(each->report());
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
}

}  // namespace lvtino::device
