#include "lvtino/device/separable.hpp"

#include <algorithm>

#include "lvtino/core/error.hpp"
#include "lvtino/device/sums.hpp"
#include "operators/separable_passes.hpp"

namespace lvtino::device {
namespace {

kernels::SparseRows<double> rows_of(const AxisMap& m) {
  return {m.rows(),           m.columns(),        m.offsets().data(),
          m.indices().data(), m.weights().data(), m.is_identity()};
}

template <class T>
AxisTable<T> table_of(const Stream& stream, const AxisMap& m) {
  return AxisTable<T>(stream, rows_of(m));
}

template <class T>
struct Map {
  const AxisTable<T>* table = nullptr;
  std::int64_t rows = 1, columns = 1;
  bool identity = true;
  Map() = default;  // of one channel
  explicit Map(const AxisTable<T>& t)
      : table(&t), rows(t.view().rows), columns(t.view().columns), identity(t.identity()) {}
  explicit Map(const AxisMap& m)
      : rows(m.rows()), columns(m.columns()), identity(m.is_identity()) {}
};

// A separable product by `Work`, which does the passes or counts what they take.
template <class T, class Work>
struct Passes {
  Work& work;

  void rows(const Map<T>& m, const T* in, std::int64_t outer, std::int64_t inner, const T* base,
            T scale, T* out) const {
    work.rows(m, in, outer, inner, base, scale, out);
  }
  void planes(const Map<T>& h, const Map<T>& w, const T* in, std::int64_t count, const T* base,
              T scale, T* out) const {
    work.planes(h, w, in, count, base, scale, out);
  }
  // What shrinks more comes first: memory is what counts here.
  static bool takes_planes_first(const Map<T>& t, const Map<T>& h, const Map<T>& w) {
    return t.columns * h.rows * w.rows <= t.rows * h.columns * w.columns;
  }
  void planes_then_rows(const Map<T>& t, const Map<T>& h, const Map<T>& w, const T* in,
                        std::int64_t slices, const T* base, T scale, T* out) const {
    const std::int64_t plane = h.rows * w.rows;
    T* const middle = scratch(0, slices * t.columns * plane);
    planes(h, w, in, slices * t.columns, nullptr, T(1), middle);
    rows(t, middle, slices, plane, base, scale, out);
  }
  void rows_then_planes(const Map<T>& t, const Map<T>& h, const Map<T>& w, const T* in,
                        std::int64_t slices, const T* base, T scale, T* out) const {
    const std::int64_t plane = h.columns * w.columns;
    T* const middle = scratch(0, slices * t.rows * plane);
    rows(t, in, slices, plane, nullptr, T(1), middle);
    planes(h, w, middle, slices * t.rows, base, scale, out);
  }
  T* scratch(std::size_t slot, std::int64_t count) const { return work.scratch(slot, count); }

  static void run(Work& work, const Map<T>& c, const Map<T>& t, const Map<T>& h, const Map<T>& w,
                  std::int64_t batch, const T* in, const T* base, T scale, T* out) {
    Passes passes{work};
    SeparablePasses<T, Map<T>, Passes>(c, t, h, w, passes).run(batch, in, base, scale, out);
  }
};

template <class T>
struct Launches {
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

// Numbers between the passes of all products that are run.
template <class T>
struct ScratchCount {
  std::array<std::int64_t, 2> most{};
  void rows(const Map<T>&, const T*, std::int64_t, std::int64_t, const T*, T, T*) const {}
  void planes(const Map<T>&, const Map<T>&, const T*, std::int64_t, const T*, T, T*) const {}
  T* scratch(std::size_t slot, std::int64_t count) {
    most[slot] = std::max(most[slot], count);
    return nullptr;
  }
};

}  // namespace

template <class T>
Separable<T>::Separable(const Stream& stream, const SeparableOperator& a)
    : batch_(a.domain()[0]),
      slices_(a.channel().is_identity() ? a.domain()[0] * a.domain()[1] : 1),
      domain_count_(element_count(a.domain())),
      range_count_(element_count(a.range())),
      forward_{table_of<T>(stream, a.channel()), table_of<T>(stream, a.time()),
               table_of<T>(stream, a.height()), table_of<T>(stream, a.width())},
      backward_{table_of<T>(stream, a.channel().transposed()),
                table_of<T>(stream, a.time().transposed()),
                table_of<T>(stream, a.height().transposed()),
                table_of<T>(stream, a.width().transposed())} {}

template <class T>
void Separable<T>::run(const Stream& stream, const Maps& maps, bool slice, const T* in,
                       const T* base, T scale, T* out) const {
  Launches<T> work{stream, between_};
  const Map<T> c = slice ? Map<T>() : Map<T>(maps[0]), t(maps[1]), h(maps[2]), w(maps[3]);
  Passes<T, Launches<T>>::run(work, c, t, h, w, slice ? 1 : batch_, in, base, scale, out);
}

template <class T>
void Separable<T>::apply(const Stream& stream, const T* x, T* y) const {
  run(stream, forward_, false, x, nullptr, T(1), y);
}

template <class T>
void Separable<T>::adjoint_add(const Stream& stream, const T* base, T scale, const T* y,
                               T* out) const {
  run(stream, backward_, false, y, base, scale, out);
}

template <class T>
void Separable<T>::apply_slice(const Stream& stream, const T* x, T* y) const {
  run(stream, forward_, slices_ > 1, x, nullptr, T(1), y);
}

template <class T>
void Separable<T>::adjoint_add_slice(const Stream& stream, const T* base, T scale, const T* y,
                                     T* out) const {
  run(stream, backward_, slices_ > 1, y, base, scale, out);
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

// The lists of c, t, h, w; of c none but a one where slices go one by one.
std::vector<double> listed(const Measurement& m, const SeparableFactors& factors, bool by_slice) {
  std::vector<double> out;
  if (by_slice) out.push_back(1);
  for (std::size_t axis = by_slice ? 1 : 0; axis < 4; ++axis) {
    const AxisMap& map = map_of(separable(m), axis);
    const std::vector<double> values =
        rows_apart(map) ? squared_rows(map) : factors.axes()[axis].values[0];
    out.insert(out.end(), values.begin(), values.end());
  }
  return out;
}

}  // namespace

template <class T>
DataProxOnDevice<T>::DataProxOnDevice(const Stream& stream, const Measurement& m,
                                      std::int64_t least_part)
    : DataProxOnDevice(stream, m, *range_factors(m), least_part) {}

template <class T>
DataProxOnDevice<T>::DataProxOnDevice(const Stream& stream, const Measurement& m,
                                      const SeparableFactors& factors, std::int64_t least_part)
    : op_(stream, separable(m)),
      squared_sigma_(m.sigma * m.sigma),
      parts_(op_.domain_count() / op_.slices() < least_part ? 1 : op_.slices()),
      spectrum_{},
      values_(stream, listed(m, factors, parts_ > 1)),
      y_(stream, m.y.template const_data_ptr<T>(), m.y.numel()),
      residual_(y_.count()),
      wide_(y_.count()),
      other_(y_.count()),
      aside_(true),
      ready_(std::size_t(parts_)),
      done_(std::size_t(parts_)) {
  const Shape& shape = factors.shape();
  spectrum_.values = values_.data();
  std::int64_t inner = 1;
  for (std::size_t axis = 4; axis-- > 0;) {
    const std::int64_t extent = axis == 0 && parts_ > 1 ? 1 : shape[axis + 1];
    spectrum_.extents[axis] = extent;
    Axis entry{nullptr, extent, part_range() / (extent * inner), inner};
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
std::int64_t DataProxOnDevice<T>::bytes(const SeparableOperator& a, std::int64_t least_part) {
  const Shape& domain = a.domain();
  const std::int64_t slices = a.channel().is_identity() ? domain[0] * domain[1] : 1,
                     y = element_count(a.range());
  const bool by_slice = slices > 1 && element_count(domain) / slices >= least_part;
  std::int64_t tables = 0, bases = 0;
  ScratchCount<T> between;
  const auto product = [&](const AxisMap& c, const AxisMap& t, const AxisMap& h, const AxisMap& w) {
    Passes<T, ScratchCount<T>>::run(between, by_slice ? Map<T>() : Map<T>(c), Map<T>(t), Map<T>(h),
                                    Map<T>(w), by_slice ? 1 : domain[0], nullptr, nullptr, T(1),
                                    nullptr);
    for (const AxisMap* map : {&c, &t, &h, &w}) tables += AxisTable<T>::most_bytes(rows_of(*map));
  };
  product(a.channel(), a.time(), a.height(), a.width());
  product(a.channel().transposed(), a.time().transposed(), a.height().transposed(),
          a.width().transposed());
  for (std::size_t axis = by_slice ? 1 : 0; axis < 4; ++axis) {
    const AxisMap& map = map_of(a, axis);
    const std::int64_t n = map.rows();
    bases += std::int64_t(sizeof(double)) * (n + (rows_apart(map) ? 0 : n * n));
  }
  const std::int64_t item = sizeof(T);
  return y * (2 * item + 2 * std::int64_t(sizeof(double))) +
         item * (between.most[0] + between.most[1]) + tables + bases;
}

// W'z of `parts` parts side by side, or W z: in z or in `other`, whichever is returned.
template <class T>
double* DataProxOnDevice<T>::turned(const Stream& stream, bool to_eigen, std::int64_t parts,
                                    double* z, double* other) const {
  for (const Axis& axis : axes_) {
    if (!axis.basis) continue;
    square_product(stream, axis.basis->data(), axis.extent, to_eigen, z, parts * axis.outer,
                   axis.inner, other);
    std::swap(z, other);
  }
  return z;
}

// residual = W [(sigma^2 + gamma d)^-1 W'(y - residual)] of a part.
template <class T>
void DataProxOnDevice<T>::filter(const Stream& stream, std::int64_t part, double gamma) const {
  const std::int64_t count = part_range(), first = part * count;
  T* const residual = residual_.data() + first;
  double *z = wide_.data() + first, *other = other_.data() + first;
  widened_difference<T>(stream, y_.data() + first, residual, count, z);
  double* const eigen = turned(stream, true, 1, z, other);
  divide_by_spectrum(stream, spectrum_, axes_.back().outer, squared_sigma_, gamma, eigen);
  narrowed<T>(stream, turned(stream, false, 1, eigen, eigen == z ? other : z), count, residual);
}

// residual = A x, in the pieces of `solve_in_place`: it has made all the memory that they take,
// which may be recorded.
template <class T>
void DataProxOnDevice<T>::apply_parts(const Stream& stream, const T* x) const {
  if (parts_ == 1) return op_.apply(stream, x, residual_.data());
  for (std::int64_t part = 0; part < parts_; ++part)
    op_.apply_slice(stream, x + part * part_domain(), residual_.data() + part * part_range());
}

template <class T>
void DataProxOnDevice<T>::squared_residual(const Stream& stream, const T* x, double* partial,
                                           double* sum) const {
  apply_parts(stream, x);
  squared_distance<T>(stream, residual_.data(), y_.data(), y_.count(), partial, sum);
}

// W is orthonormal, so that the quadratic form is a sum of squares in the eigenbasis.
template <class T>
void DataProxOnDevice<T>::envelope(const Stream& stream, const T* w, double gamma, double* partial,
                                   double* sum) const {
  apply_parts(stream, w);
  widened_difference<T>(stream, y_.data(), residual_.data(), y_.count(), wide_.data());
  const double* const eigen = turned(stream, true, parts_, wide_.data(), other_.data());
  spectral_energy(stream, spectrum_, parts_ * axes_.back().outer, squared_sigma_, gamma, eigen,
                  partial, sum);
}

template <class T>
void DataProxOnDevice<T>::solve_in_place(const Stream& stream, T* v, double gamma) const {
  if (parts_ == 1) {
    op_.apply(stream, v, residual_.data());
    filter(stream, 0, gamma);
    return op_.adjoint_add(stream, v, T(gamma), residual_.data(), v);
  }
  for (std::int64_t part = 0; part < parts_; ++part) {
    op_.apply_slice(stream, v + part * part_domain(), residual_.data() + part * part_range());
    ready_[std::size_t(part)].set(stream);
    aside_.after(ready_[std::size_t(part)]);
    filter(aside_, part, gamma);
    done_[std::size_t(part)].set(aside_);
  }
  for (std::int64_t part = 0; part < parts_; ++part) {
    T* const x = v + part * part_domain();
    stream.after(done_[std::size_t(part)]);
    op_.adjoint_add_slice(stream, x, T(gamma), residual_.data() + part * part_range(), x);
  }
}

template class Separable<float>;
template class Separable<double>;
template class DataProxOnDevice<float>;
template class DataProxOnDevice<double>;

}  // namespace lvtino::device
