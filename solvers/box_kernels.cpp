#include "solvers/box_kernels.hpp"

#include <algorithm>

#include "lvtino/core/parallel.hpp"

namespace lvtino::kernels {
namespace {

constexpr std::int64_t kBlock = 1 << 14;

}  // namespace

template <class T>
void box_dual_step(std::int64_t count, const T* x, const T* previous, T theta, T step, T relaxation, T low,
                   T high, T* r) {
  parallel_for(count, kBlock, [&](std::int64_t begin, std::int64_t end) {
    const T one = T(1) + theta, inverse = T(1) / step, rest = T(1) - relaxation;
    for (std::int64_t j = begin; j < end; ++j) {
      const T v = r[j] + step * (one * x[j] - theta * previous[j]);
      r[j] = relaxation * (v - step * std::min(high, std::max(low, v * inverse))) + rest * r[j];
    }
  });
}

template <class T>
double box_shift(std::int64_t count, const T* u, const T* r, double gamma, double low, double high,
                 T* k) {
  return parallel_sum((count + kBlock - 1) / kBlock, [&](std::int64_t block) {
    double total = 0;
    for (std::int64_t j = block * kBlock; j < std::min(count, (block + 1) * kBlock); ++j) {
      const double here = double(r[j]), d = double(k[j]) + here, centre = double(u[j]);
      total += d * (centre - gamma / 2 * d) - std::max(low * here, high * here);
      k[j] = T(centre - gamma * d);
    }
    return total;
  });
}

#define LVTINO_INSTANTIATE(T)                                                                       \
  template void box_dual_step(std::int64_t, const T*, const T*, T, T, T, T, T, T*);                 \
  template double box_shift(std::int64_t, const T*, const T*, double, double, double, T*);
LVTINO_INSTANTIATE(float)
LVTINO_INSTANTIATE(double)
#undef LVTINO_INSTANTIATE

}  // namespace lvtino::kernels
