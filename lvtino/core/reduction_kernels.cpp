#include "lvtino/core/reduction_kernels.hpp"

#include <algorithm>

#include "lvtino/core/parallel.hpp"

namespace lvtino::kernels {
namespace {

constexpr std::int64_t kBlock = 1 << 16;
constexpr std::int64_t kLanes = 16;

// Sixteen independent accumulators let the compiler vectorise without reordering anything at will.
template <class Term>
double block_sum(std::int64_t begin, std::int64_t end, const Term& term) {
  double lanes[kLanes] = {};
  std::int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += term(i + lane);
  double total = 0;
  for (double lane : lanes) total += lane;
  for (; i < end; ++i) total += term(i);
  return total;
}

template <class Term>
double reduce(std::int64_t n, const Term& term) {
  return parallel_sum((n + kBlock - 1) / kBlock, [&](std::int64_t block) {
    return block_sum(block * kBlock, std::min(n, (block + 1) * kBlock), term);
  });
}

template <class T>
double dot_of(const T* a, const T* b, std::int64_t n) {
  return reduce(n, [=](std::int64_t i) { return double(a[i]) * double(b[i]); });
}

template <class T>
double squared_distance_of(const T* a, const T* b, std::int64_t n) {
  return reduce(n, [=](std::int64_t i) {
    const double d = double(a[i]) - double(b[i]);
    return d * d;
  });
}

template <class T>
double sum_of(const T* a, std::int64_t n) {
  return reduce(n, [=](std::int64_t i) { return double(a[i]); });
}

}  // namespace

double dot(const float* a, const float* b, std::int64_t n) { return dot_of(a, b, n); }
double dot(const double* a, const double* b, std::int64_t n) { return dot_of(a, b, n); }
double squared_distance(const float* a, const float* b, std::int64_t n) {
  return squared_distance_of(a, b, n);
}
double squared_distance(const double* a, const double* b, std::int64_t n) {
  return squared_distance_of(a, b, n);
}
double sum(const float* a, std::int64_t n) { return sum_of(a, n); }
double sum(const double* a, std::int64_t n) { return sum_of(a, n); }

}  // namespace lvtino::kernels
