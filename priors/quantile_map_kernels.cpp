#include "priors/quantile_map_kernels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>

namespace lvtino::kernels {
namespace {

// The exponent and the first bits behind it number the intervals; the other bits are the place.
template <class T>
struct Bits;
template <>
struct Bits<float> {
  using Word = std::uint32_t;
  static constexpr int kMantissa = 23, kBias = 127;
  static const float* of(const OddPieces& pieces) { return pieces.single; }
};
template <>
struct Bits<double> {
  using Word = std::uint64_t;
  static constexpr int kMantissa = 52, kBias = 1023;
  static const double* of(const OddPieces& pieces) { return pieces.coefficients; }
};

constexpr int kPieceBits = 4;
static_assert(1 << kPieceBits == OddPieces::kPieces);

template <class T>
T beyond(T v, const FarTail& far) {
  if (!(double(v) < HUGE_VAL)) return v;
  const double x = double(v) / far.last;
  return T(std::min(far.value * std::pow(x, far.growth),
                    far.limit * double(v) - far.shift * std::pow(x, far.power)));
}

// f(a) for 0 <= a < 2^high.
template <class T>
struct Table {
  using Word = typename Bits<T>::Word;
  static constexpr int kShift = Bits<T>::kMantissa - kPieceBits;
  static constexpr Word kMask = (Word(1) << kShift) - 1;

  explicit Table(const OddPieces& pieces)
      : low(T(std::ldexp(1.0, pieces.low))),
        high(T(std::ldexp(1.0, pieces.high))),
        unit(T(std::ldexp(1.0, -kShift))),
        slope(T(pieces.slope)),
        base((pieces.low + Bits<T>::kBias) << kPieceBits),
        last(((pieces.high - pieces.low) << kPieceBits) - 1),
        coefficients(Bits<T>::of(pieces)) {}

  T operator()(T a) const {
    const Word bits = std::bit_cast<Word>(a);
    const std::int32_t interval =
        std::clamp(std::int32_t(bits >> kShift) - base, std::int32_t(0), last);
    const T s = T(std::make_signed_t<Word>(bits & kMask)) * unit;
    const T* const c = coefficients + interval * OddPieces::kCoefficients;
    const T f = c[0] + s * (c[1] + s * (c[2] + s * (c[3] + s * (c[4] + s * c[5]))));
    return a < low ? slope * a : f;
  }

  T low, high, unit, slope;
  std::int32_t base, last;
  const T* coefficients;
};

template <class T>
void apply(T* x, std::int64_t count, T scale_in, T scale_out, const OddPieces& pieces,
           const FarTail& far) {
  const Table<T> table(pieces);
  constexpr std::int64_t kBatch = 256;
  for (std::int64_t begin = 0; begin < count; begin += kBatch) {
    const std::int64_t size = std::min(kBatch, count - begin);
    T* const part = x + begin;
    int far_away = 0;
    for (std::int64_t i = 0; i < size; ++i)
      far_away += !(std::abs(part[i] * scale_in) < table.high);
    if (far_away == 0) {
      for (std::int64_t i = 0; i < size; ++i) {
        const T v = part[i] * scale_in;
        part[i] = std::copysign(scale_out * table(std::abs(v)), v);
      }
      continue;
    }
    for (std::int64_t i = 0; i < size; ++i) {  // also infinity and what is not a number
      const T v = part[i] * scale_in, a = std::abs(v);
      part[i] = std::copysign(scale_out * (a < table.high ? table(a) : beyond(a, far)), v);
    }
  }
}

}  // namespace

void apply_odd(float* x, std::int64_t count, float scale_in, float scale_out,
               const OddPieces& pieces, const FarTail& far) {
  apply(x, count, scale_in, scale_out, pieces, far);
}
void apply_odd(double* x, std::int64_t count, double scale_in, double scale_out,
               const OddPieces& pieces, const FarTail& far) {
  apply(x, count, scale_in, scale_out, pieces, far);
}

}  // namespace lvtino::kernels
