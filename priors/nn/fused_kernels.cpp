#include "priors/nn/fused_kernels.hpp"

#include <algorithm>
#include <vector>

#include "lvtino/core/parallel.hpp"
#include "priors/nn/short_numbers.hpp"

namespace lvtino::kernels {
namespace {

using Row = std::vector<float>;

// A thread is worth waking for this many numbers.
constexpr std::int64_t kNumbersATask = 1 << 14;

std::int64_t rows_a_task(std::int64_t width) {
  return std::max<std::int64_t>(1, kNumbersATask / std::max<std::int64_t>(1, width));
}

template <class T>
const T* at(const void* from, std::int64_t index) {
  return static_cast<const T*>(from) + index;
}
template <class T>
T* at(void* from, std::int64_t index) {
  return static_cast<T*>(from) + index;
}

template <class T>
void widen(const T* __restrict from, std::int64_t count, float* __restrict to) {
  for (std::int64_t i = 0; i < count; ++i) to[i] = widened(from[i]);
}
template <class T>
void narrow_row(const float* __restrict from, std::int64_t count, T* __restrict to) {
  for (std::int64_t i = 0; i < count; ++i) narrow(from[i], to[i]);
}

// Sums in an order that depends on the length alone.
float sum(const float* x, std::int64_t count) {
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (std::int64_t i = 0; i < count; ++i) total += x[i];
  return total;
}
float sum_of_squares(const float* x, std::int64_t count, float centre) {
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (std::int64_t i = 0; i < count; ++i) total += (x[i] - centre) * (x[i] - centre);
  return total;
}

// Turns the pairs of a row: `turns` has the factors of one head.
void turn(float* __restrict row, std::int64_t width, const float* __restrict turns,
          std::int64_t head) {
  for (std::int64_t first = 0; first < width; first += head) {
    float* const pairs = row + first;
    for (std::int64_t i = 0; i < head; i += 2) {
      const float a = pairs[i], b = pairs[i + 1], c = turns[i], s = turns[i + 1];
      pairs[i] = a * c - b * s;
      pairs[i + 1] = a * s + b * c;
    }
  }
}

template <class T>
void modulated_norm(const ModulatedNorm& s) {
  parallel_for(s.rows, rows_a_task(s.width), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t n = s.width;
    Row row(static_cast<std::size_t>(n)), shift(row.size()), scale(row.size());
    for (std::int64_t r = begin; r < end; ++r) {
      if (r == begin || r % s.rows_each == 0) {
        widen(at<T>(s.shift, r / s.rows_each * s.stride), n, shift.data());
        widen(at<T>(s.scale, r / s.rows_each * s.stride), n, scale.data());
      }
      widen(at<T>(s.x, r * n), n, row.data());
      const float mean = sum(row.data(), n) / float(n);
      const float deviation = std::sqrt(sum_of_squares(row.data(), n, mean) / float(n) + s.epsilon);
      const float inverse = 1 / deviation;
      T* const out = at<T>(s.out, r * n);
      for (std::int64_t i = 0; i < n; ++i)
        narrow((row[i] - mean) * inverse * (1 + scale[i]) + shift[i], out[i]);
    }
  });
}

template <class T>
void rms_normed(const RmsNormed& s) {
  parallel_for(s.rows, rows_a_task(s.width), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t n = s.width;
    Row values(static_cast<std::size_t>(n)), weight(values.size());
    float* const row = values.data();
    widen(at<T>(s.weight, 0), n, weight.data());
    for (std::int64_t r = begin; r < end; ++r) {
      widen(at<T>(s.x, r * n), n, row);
      const float square = sum_of_squares(row, n, 0);
      const float inverse = s.euclidean
                                ? std::sqrt(float(n)) / std::max(std::sqrt(square), s.epsilon)
                                : 1 / std::sqrt(square / float(n) + s.epsilon);
      for (std::int64_t i = 0; i < n; ++i) row[i] *= inverse * weight[std::size_t(i)];
      if (s.turns) turn(row, n, s.turns + r % s.tokens * s.head, s.head);
      T* const out = at<T>(s.out, r * n);
      if (s.silu)
        for (std::int64_t i = 0; i < n; ++i) narrow(silu(row[i]), out[i]);
      else
        narrow_row(row, n, out);
    }
  });
}

template <class T>
void gated_sum(const GatedSum& s) {
  parallel_for(s.rows, rows_a_task(s.width), [&](std::int64_t begin, std::int64_t end) {
    const std::int64_t n = s.width;
    Row gate(static_cast<std::size_t>(n));
    for (std::int64_t r = begin; r < end; ++r) {
      if (r == begin || r % s.rows_each == 0)
        widen(at<T>(s.gate, r / s.rows_each * s.stride), n, gate.data());
      const T* const x = at<T>(s.x, r * n);
      T* const y = at<T>(s.y, r * n);
#pragma omp simd
      for (std::int64_t i = 0; i < n; ++i)
        narrow(widened(x[i]) + gate[std::size_t(i)] * widened(y[i]), y[i]);
    }
  });
}

template <class T>
void geglu(const Geglu& s) {
  parallel_for(s.rows, rows_a_task(s.width), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t r = begin; r < end; ++r) {
      const T* const a = at<T>(s.wide, 2 * r * s.width);
      const T* const b = a + s.width;
      T* const out = at<T>(s.out, r * s.width);
#pragma omp simd
      for (std::int64_t i = 0; i < s.width; ++i)
        narrow(widened(a[i]) * gelu(widened(b[i])), out[i]);
    }
  });
}

template <class Step>
void for_number(const Step& step, void (*single)(const Step&), void (*brain)(const Step&),
                void (*half)(const Step&)) {
  (step.number == Number::float32 ? single : step.number == Number::bfloat16 ? brain : half)(step);
}

}  // namespace

void run(const ModulatedNorm& s) {
  for_number(s, modulated_norm<float>, modulated_norm<BFloat16>, modulated_norm<Float16>);
}
void run(const RmsNormed& s) {
  for_number(s, rms_normed<float>, rms_normed<BFloat16>, rms_normed<Float16>);
}
void run(const GatedSum& s) {
  for_number(s, gated_sum<float>, gated_sum<BFloat16>, gated_sum<Float16>);
}
void run(const Geglu& s) { for_number(s, geglu<float>, geglu<BFloat16>, geglu<Float16>); }

}  // namespace lvtino::kernels
