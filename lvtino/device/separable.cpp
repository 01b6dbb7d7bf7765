#include "lvtino/device/separable.hpp"

#include <algorithm>

#include "lvtino/core/error.hpp"
#include "operators/separable_passes.hpp"

namespace lvtino::device {
namespace {

template <class T>
AxisTable<T> table_of(const Stream& stream, const AxisMap& m) {
  return AxisTable<T>(stream, {m.rows(), m.columns(), m.offsets().data(), m.indices().data(),
                               m.weights().data(), m.is_identity()});
}

template <class T>
struct Map {
  const AxisTable<T>* table;
  std::int64_t rows, columns;
  bool identity;
  explicit Map(const AxisTable<T>& t)
      : table(&t), rows(t.view().rows), columns(t.view().columns), identity(t.identity()) {}
};

}  // namespace

template <class T>
struct Separable<T>::Passes {
  const Stream& stream;
  std::array<std::unique_ptr<Buffer<T>>, 2>& between;

  void rows(const Map<T>& m, const T* in, std::int64_t outer, std::int64_t inner, const T* base,
            T scale, T* out) const {
    apply_to_rows(stream, *m.table, in, outer, inner, base, scale, out);
  }
  void planes(const Map<T>& h, const Map<T>& w, const T* in, std::int64_t count, const T* base,
              T scale, T* out) const {
    apply_to_planes(stream, *h.table, *w.table, in, count, base, scale, out);
  }
  // Work still under way may use the smaller memory.
  T* scratch(std::size_t slot, std::int64_t count) const {
    if (!between[slot] || between[slot]->count() < count) {
      stream.wait();
      between[slot] = std::make_unique<Buffer<T>>(count);
    }
    return between[slot]->data();
  }
};

template <class T>
Separable<T>::Separable(const Stream& stream, const SeparableOperator& a)
    : batch_(a.domain()[0]),
      domain_count_(element_count(a.domain())),
      range_count_(element_count(a.range())),
      forward_{table_of<T>(stream, a.channel()), table_of<T>(stream, a.time()),
               table_of<T>(stream, a.height()), table_of<T>(stream, a.width())},
      backward_{table_of<T>(stream, a.channel().transposed()),
                table_of<T>(stream, a.time().transposed()),
                table_of<T>(stream, a.height().transposed()),
                table_of<T>(stream, a.width().transposed())} {}

template <class T>
void Separable<T>::run(const Stream& stream, const Maps& maps, const T* in, const T* base, T scale,
                       T* out) const {
  Passes passes{stream, between_};
  const Map<T> c(maps[0]), t(maps[1]), h(maps[2]), w(maps[3]);
  SeparablePasses<T, Map<T>, Passes>(c, t, h, w, passes).run(batch_, in, base, scale, out);
}

template <class T>
void Separable<T>::apply(const Stream& stream, const T* x, T* y) const {
  run(stream, forward_, x, nullptr, T(1), y);
}

template <class T>
void Separable<T>::adjoint_add(const Stream& stream, const T* base, T scale, const T* y,
                               T* out) const {
  run(stream, backward_, y, base, scale, out);
}

namespace {

const SeparableOperator& separable(const Measurement& m) {
  const auto* const a = dynamic_cast<const SeparableOperator*>(m.op.get());
  if (!a)
    throw NotSupportedError(text("data prox on the device: ", m.op->name(), " is not separable"));
  return *a;
}

std::shared_ptr<const SeparableFactors> range_factors(const Measurement& m) {
  auto factors = std::dynamic_pointer_cast<const SeparableFactors>(separable(m).gram_factors());
  if (!factors || factors->side() != GramFactors::Side::range)
    throw NotSupportedError(
        text("data prox on the device: ", m.op->name(), " gives more data than unknowns"));
  return factors;
}

const AxisMap& map_of(const SeparableOperator& a, std::size_t axis) {
  return axis == 0 ? a.channel() : axis == 1 ? a.time() : axis == 2 ? a.height() : a.width();
}

// No two rows share a column: M M' is diagonal as it stands and nothing needs turning.
bool rows_apart(const AxisMap& m) {
  std::vector<std::int32_t> columns = m.indices();
  std::sort(columns.begin(), columns.end());
  return std::adjacent_find(columns.begin(), columns.end()) == columns.end();
}

std::vector<double> squared_rows(const AxisMap& m) {
  std::vector<double> out;
  for (std::size_t i = 0; i < std::size_t(m.rows()); ++i) {
    double sum = 0;
    for (auto k = m.offsets()[i]; k < m.offsets()[i + 1]; ++k)
      sum += m.weights()[std::size_t(k)] * m.weights()[std::size_t(k)];
    out.push_back(sum);
  }
  return out;
}

// The lists of c, t, h, w; a separable operator has one part.
std::vector<double> listed(const Measurement& m, const SeparableFactors& factors) {
  std::vector<double> out;
  for (std::size_t axis = 0; axis < 4; ++axis) {
    const AxisMap& map = map_of(separable(m), axis);
    const std::vector<double> values =
        rows_apart(map) ? squared_rows(map) : factors.axes()[axis].values[0];
    out.insert(out.end(), values.begin(), values.end());
  }
  return out;
}

}  // namespace

template <class T>
DataProxOnDevice<T>::DataProxOnDevice(const Stream& stream, const Measurement& m)
    : DataProxOnDevice(stream, m, *range_factors(m)) {}

template <class T>
DataProxOnDevice<T>::DataProxOnDevice(const Stream& stream, const Measurement& m,
                                      const SeparableFactors& factors)
    : op_(stream, separable(m)),
      squared_sigma_(m.sigma * m.sigma),
      batch_(m.op->range()[0]),
      spectrum_{},
      values_(stream, listed(m, factors)),
      y_(stream, m.y.template const_data_ptr<T>(), m.y.numel()),
      residual_(y_.count()),
      wide_(y_.count()),
      other_(y_.count()) {
  const Shape& shape = factors.shape();
  spectrum_.values = values_.data();
  std::int64_t inner = 1;
  for (std::size_t axis = 4; axis-- > 0;) {
    const std::int64_t extent = shape[axis + 1];
    spectrum_.extents[axis] = extent;
    Axis entry{nullptr, extent, y_.count() / (extent * inner), inner};
    if (!rows_apart(map_of(separable(m), axis))) {
      const Tensor basis = factors.axes()[axis].basis.contiguous();
      entry.basis = std::make_unique<Buffer<double>>(
          stream, basis.template const_data_ptr<double>(), basis.numel());
    }
    axes_.push_back(std::move(entry));
    inner *= extent;
  }
}

template <class T>
void DataProxOnDevice<T>::turn(const Stream& stream, bool to_eigen) const {
  for (const Axis& axis : axes_) {
    if (!axis.basis) continue;
    square_product(stream, axis.basis->data(), axis.extent, to_eigen, wide_.data(), axis.outer,
                   axis.inner, other_.data());
    std::swap(wide_, other_);
  }
}

template <class T>
void DataProxOnDevice<T>::solve_in_place(const Stream& stream, T* v, double gamma) const {
  op_.apply(stream, v, residual_.data());
  widened_difference(stream, static_cast<const T*>(y_.data()),
                     static_cast<const T*>(residual_.data()), y_.count(), wide_.data());
  turn(stream, true);
  divide_by_spectrum(stream, spectrum_, batch_, squared_sigma_, gamma, wide_.data());
  turn(stream, false);
  narrowed(stream, static_cast<const double*>(wide_.data()), y_.count(), residual_.data());
  op_.adjoint_add(stream, v, T(gamma), residual_.data(), v);
}

template class Separable<float>;
template class Separable<double>;
template class DataProxOnDevice<float>;
template class DataProxOnDevice<double>;

}  // namespace lvtino::device
