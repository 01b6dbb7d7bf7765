#include <algorithm>
#include <cmath>
#include <vector>

#include "lvtino/core/parallel.hpp"
#include "priors/nn/fused_kernels.hpp"
#include "priors/nn/short_numbers.hpp"

namespace lvtino::kernels {
namespace {

// Of how many numbers sums are float32, few enough for builds that vectorise nothing; sums of those
// are float64.
constexpr std::int64_t kPiece = 1024;
// Pixels of which a task takes the moments where channels lie side by side.
constexpr std::int64_t kPixels = 256;

struct Moments {
  double count = 0, mean = 0, square = 0;  // of deviations from the mean, summed

  // Chan, Golub and LeVeque 1979.
  void add(const Moments& other) {
    const double total = count + other.count, step = other.mean - mean;
    if (other.count == 0) return;
    mean += step * other.count / total;
    square += other.square + step * step * count * other.count / total;
    count = total;
  }
};

template <class T>
Moments moments_of(const T* x, std::int64_t count) {
  Moments out;
  for (std::int64_t first = 0; first < count; first += kPiece) {
    const std::int64_t n = std::min(kPiece, count - first);
    const T* const piece = x + first;
    const float pivot = widened(piece[0]);
    float total = 0, square = 0;
#pragma omp simd reduction(+ : total, square)
    for (std::int64_t i = 0; i < n; ++i) {
      const float d = widened(piece[i]) - pivot;
      total += d;
      square += d * d;
    }
    const double mean = double(total) / double(n);
    out.add({double(n), pivot + mean, std::max(0., double(square) - double(total) * mean)});
  }
  return out;
}

template <class T, bool with_silu>
void scaled_row(const T* __restrict x, std::int64_t count, float factor, float offset,
                T* __restrict out) {
  for (std::int64_t i = 0; i < count; ++i) {
    const float y = widened(x[i]) * factor + offset;
    narrow(with_silu ? silu(y) : y, out[i]);
  }
}

float inverse_deviation(const Moments& m, float epsilon) {
  return float(1 / std::sqrt(m.square / m.count + epsilon));
}

// Channels one after the other: a group is one piece of memory, and small enough to be in the cache
// when it is read again.
template <class T>
void by_groups(const GroupNormed& s) {
  const std::int64_t each = s.channels / s.groups;
  parallel_for(s.images * s.groups, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      const T* const x = static_cast<const T*>(s.x) + k * each * s.pixels;
      T* const out = static_cast<T*>(s.out) + k * each * s.pixels;
      const Moments m = moments_of(x, each * s.pixels);
      const float inverse = inverse_deviation(m, s.epsilon);
      for (std::int64_t c = 0; c < each; ++c) {
        const std::int64_t channel = k % s.groups * each + c;
        const float factor = inverse * widened(static_cast<const T*>(s.weight)[channel]);
        const float offset =
            widened(static_cast<const T*>(s.bias)[channel]) - float(m.mean) * factor;
        (s.silu ? scaled_row<T, true> : scaled_row<T, false>)(x + c * s.pixels, s.pixels, factor,
                                                              offset, out + c * s.pixels);
      }
    }
  });
}

// Moments of the groups in one piece of an image's pixels.
template <class T>
void piece_moments(const GroupNormed& s, const T* x, std::int64_t pixels, Moments* out) {
  const std::int64_t n = s.channels, each = n / s.groups;
  std::vector<float> pivot(static_cast<std::size_t>(n)), total(pivot.size()), square(pivot.size());
  for (std::int64_t c = 0; c < n; ++c) pivot[std::size_t(c)] = widened(x[c]);
  float *const p = pivot.data(), *const t = total.data(), *const q = square.data();
  for (std::int64_t i = 0; i < pixels; ++i) {
    const T* const row = x + i * n;
#pragma omp simd
    for (std::int64_t c = 0; c < n; ++c) {
      const float d = widened(row[c]) - p[c];
      t[c] += d;
      q[c] += d * d;
    }
  }
  const double count = double(pixels);
  for (std::int64_t c = 0; c < n; ++c) {
    const double mean = t[c] / count;
    out[c / each].add({count, p[c] + mean, std::max(0., q[c] - t[c] * mean)});
  }
}

template <class T, bool with_silu>
void scaled_pixels(const GroupNormed& s, std::int64_t first, std::int64_t end,
                   const float* __restrict factor, const float* __restrict offset) {
  const std::int64_t n = s.channels;
  for (std::int64_t i = first; i < end; ++i) {
    const T* __restrict x = static_cast<const T*>(s.x) + i * n;
    T* __restrict out = static_cast<T*>(s.out) + i * n;
    for (std::int64_t c = 0; c < n; ++c) {
      const float y = widened(x[c]) * factor[c] + offset[c];
      narrow(with_silu ? silu(y) : y, out[c]);
    }
  }
}

template <class T>
void by_pixels(const GroupNormed& s) {
  const std::int64_t pieces = (s.pixels + kPixels - 1) / kPixels, n = s.channels, g = s.groups;
  const auto piece = [&](std::int64_t k) {
    const std::int64_t first = k % pieces * kPixels;
    return std::pair(k / pieces * s.pixels + first, std::min(kPixels, s.pixels - first));
  };
  std::vector<Moments> found(static_cast<std::size_t>(s.images * pieces * g));
  parallel_for(s.images * pieces, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      const auto [first, count] = piece(k);
      piece_moments(s, static_cast<const T*>(s.x) + first * n, count, found.data() + k * g);
    }
  });
  std::vector<float> factor(static_cast<std::size_t>(s.images * n)), offset(factor.size());
  for (std::int64_t image = 0; image < s.images; ++image)
    for (std::int64_t group = 0; group < g; ++group) {
      Moments all;
      for (std::int64_t k = 0; k < pieces; ++k)
        all.add(found[std::size_t((image * pieces + k) * g + group)]);
      const float inverse = inverse_deviation(all, s.epsilon);
      for (std::int64_t c = group * (n / g); c < (group + 1) * (n / g); ++c) {
        const auto own = std::size_t(image * n + c);
        factor[own] = inverse * widened(static_cast<const T*>(s.weight)[c]);
        offset[own] = widened(static_cast<const T*>(s.bias)[c]) - float(all.mean) * factor[own];
      }
    }
  parallel_for(s.images * pieces, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t k = begin; k < end; ++k) {
      const auto [first, count] = piece(k);
      const std::int64_t own = k / pieces * n;
      (s.silu ? scaled_pixels<T, true> : scaled_pixels<T, false>)(s, first, first + count,
                                                                  factor.data() + own,
                                                                  offset.data() + own);
    }
  });
}

template <class T>
void group_normed(const GroupNormed& s) {
  s.channels_last ? by_pixels<T>(s) : by_groups<T>(s);
}

}  // namespace

void run(const GroupNormed& s) {
  if (s.number == Number::float32)
    group_normed<float>(s);
  else if (s.number == Number::bfloat16)
    group_normed<BFloat16>(s);
  else
    group_normed<Float16>(s);
}

}  // namespace lvtino::kernels
