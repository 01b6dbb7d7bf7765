#include "operators/axis_kernels.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "operators/axis_map.hpp"

BOOST_AUTO_TEST_SUITE(axis_kernels)

using namespace lvtino;

namespace {

/// A sparse random map (or the identity) with weights in both dtypes.
struct Drawn {
  AxisMap map;
  std::vector<float> single;

  Drawn(std::int64_t rows, std::int64_t columns, const Rng& rng)
      : map(columns, entries(rows, columns, rng)) {
    single.assign(map.weights().begin(), map.weights().end());
  }
  explicit Drawn(std::int64_t length)
      : map(AxisMap::identity(length)), single(map.weights().begin(), map.weights().end()) {}

  static std::vector<std::vector<AxisMap::Entry>> entries(std::int64_t rows, std::int64_t columns,
                                                          const Rng& rng) {
    const Tensor weight = rng.fork("weight").normal({rows, columns}, dense::kExact);
    const Tensor kept = rng.fork("kept").uniform({rows, columns}, dense::kExact) < 0.4;
    std::vector<std::vector<AxisMap::Entry>> out{std::size_t(rows)};
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j)
        if (kept[i][j].item<bool>())
          out[std::size_t(i)].push_back({j, weight[i][j].item<double>()});
    return out;
  }

  template <class T>
  kernels::SparseRows<T> rows() const {
    const T* weights;
    if constexpr (std::is_same_v<T, float>)
      weights = single.data();
    else
      weights = map.weights().data();
    return {map.rows(),           map.columns(), map.offsets().data(),
            map.indices().data(), weights,       map.is_identity()};
  }
};

Drawn draw_map(std::int64_t columns, const Rng& rng) {
  const auto kind = *rc::gen::inRange(0, 4);
  return kind == 0 ? Drawn(columns) : Drawn(*rc::gen::inRange<std::int64_t>(1, 40), columns, rng);
}

/// What `run(in, base, scale, out)` writes beside and over its base, against `expected` = M in.
template <class T, class Run>
void check(const Tensor& in, const Tensor& base, const Tensor& expected, const Run& run) {
  const double bound = (std::is_same_v<T, float> ? 1e-5 : 1e-13) *
                       (1 + expected.abs().max().template item<double>());
  Tensor plain = at::full_like(base, std::nan("")), beside = plain.clone(), over = base.clone();
  const T* const source = in.const_data_ptr<T>();
  run(source, static_cast<const T*>(nullptr), T(1), plain.mutable_data_ptr<T>());
  run(source, base.const_data_ptr<T>(), T(-0.75), beside.mutable_data_ptr<T>());
  run(source, static_cast<const T*>(over.const_data_ptr<T>()), T(-0.75),
      over.mutable_data_ptr<T>());
  RC_ASSERT(dense::difference(plain, expected) < bound);
  RC_ASSERT(dense::difference(beside, base.to(at::kDouble) - expected * 0.75) < bound);
  RC_ASSERT(at::equal(beside, over));
}

template <class T>
void rows_against_dense() {
  const auto outer = *rc::gen::inRange<std::int64_t>(1, 4);
  const auto inner = *rc::gen::element<std::int64_t>(1, 3, 15, 16, 17, 31, 32, 33, 47, 65, 4097);
  const auto columns = *rc::gen::inRange<std::int64_t>(1, 12);
  const Rng rng(std::uint64_t(*rc::gen::inRange(0, 1000)));
  const Placement placement = {c10::CppTypeToScalarType<T>::value, at::kCPU};
  const Drawn m = draw_map(columns, rng);
  const Tensor in = rng.fork("in").normal({outer, columns, inner}, placement);
  const Tensor base = rng.fork("base").normal({outer, m.map.rows(), inner}, placement);
  check<T>(in, base, at::matmul(m.map.matrix(), in.to(at::kDouble)),
           [&](const T* source, const T* addend, T scale, T* out) {
             kernels::apply_to_rows<T>(m.rows<T>(), source, outer, inner, addend, scale, out);
           });
}

template <class T>
void planes_against_dense() {
  const auto planes = *rc::gen::inRange<std::int64_t>(1, 4);
  const auto height = *rc::gen::inRange<std::int64_t>(1, 40);
  const auto width = *rc::gen::element<std::int64_t>(1, 2, 15, 16, 17, 31, 33, 50, 64, 65);
  const Rng rng(std::uint64_t(*rc::gen::inRange(0, 1000)));
  const Placement placement = {c10::CppTypeToScalarType<T>::value, at::kCPU};
  const Drawn h = draw_map(height, rng.fork("h")), w = draw_map(width, rng.fork("w"));
  const Tensor in = rng.fork("in").normal({planes, height, width}, placement);
  const Tensor base = rng.fork("base").normal({planes, h.map.rows(), w.map.rows()}, placement);
  const Tensor expected =
      at::matmul(at::matmul(h.map.matrix(), in.to(at::kDouble)), w.map.matrix().t());
  check<T>(in, base, expected, [&](const T* source, const T* addend, T scale, T* out) {
    kernels::apply_to_planes<T>(h.rows<T>(), w.rows<T>(), source, planes, addend, scale, out);
  });
}

/// Rows of many entries on wide planes, which are summed by groups of the plane's rows; some rows are empty.
template <class T>
void wide_planes_against_dense() {
  const Rng rng(std::uint64_t(*rc::gen::inRange(0, 1000)));
  const Placement placement = {c10::CppTypeToScalarType<T>::value, at::kCPU};
  const auto height = *rc::gen::inRange<std::int64_t>(30, 60), width = *rc::gen::element<std::int64_t>(700, 1281);
  const auto band = *rc::gen::inRange<std::int64_t>(9, 20);
  std::vector<std::vector<AxisMap::Entry>> entries(9);
  for (std::int64_t row = 0; row < 8; ++row)
    for (std::int64_t k = 0; k < band + 4; ++k)
      entries[std::size_t(row)].push_back({std::min(height - 1, row * 4 + k), double(1 + (row * 7 + k * 3) % 5)});
  std::swap(entries[8], entries[*rc::gen::inRange<std::size_t>(0, 9)]);
  const AxisMap h(height, entries), w = AxisMap::identity(width);
  const std::vector<float> single(h.weights().begin(), h.weights().end()), ones(std::size_t(width), 1.0f);
  const auto rows_of = [](const AxisMap& map, const std::vector<float>& weights) {
    if constexpr (std::is_same_v<T, float>)
      return kernels::SparseRows<T>{map.rows(), map.columns(), map.offsets().data(), map.indices().data(),
                                    weights.data(), map.is_identity()};
    else
      return kernels::SparseRows<T>{map.rows(), map.columns(), map.offsets().data(), map.indices().data(),
                                    map.weights().data(), map.is_identity()};
  };
  const Tensor in = rng.fork("in").normal({2, height, width}, placement);
  const Tensor base = rng.fork("base").normal({2, h.rows(), width}, placement);
  check<T>(in, base, at::matmul(h.matrix(), in.to(at::kDouble)),
           [&](const T* source, const T* addend, T scale, T* out) {
             kernels::apply_to_planes<T>(rows_of(h, single), rows_of(w, ones), source, 2, addend, scale, out);
           });
}

}  // namespace

RC_BOOST_PROP(wide_planes_in_float64, ()) { wide_planes_against_dense<double>(); }
RC_BOOST_PROP(wide_planes_in_float32, ()) { wide_planes_against_dense<float>(); }

RC_BOOST_PROP(rows_in_float64, ()) { rows_against_dense<double>(); }
RC_BOOST_PROP(rows_in_float32, ()) { rows_against_dense<float>(); }
RC_BOOST_PROP(planes_in_float64, ()) { planes_against_dense<double>(); }
RC_BOOST_PROP(planes_in_float32, ()) { planes_against_dense<float>(); }

BOOST_AUTO_TEST_SUITE_END()
