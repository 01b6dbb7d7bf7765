#include "solvers/adam_kernels.hpp"

#include <cmath>

#include "lvtino/core/parallel.hpp"

namespace lvtino::kernels {

template <class T>
void adam_step(std::int64_t count, const T* gradient, int iteration, double rate, T* m, T* v, T* x) {
  constexpr double kFirst = 0.9, kSecond = 0.999;
  const T first = T(1 - kFirst), second = T(1 - kSecond), epsilon = T(1e-8);
  const T scale = T(rate / (1 - std::pow(kFirst, iteration)));
  const T correction = T(1 / (1 - std::pow(kSecond, iteration)));
  parallel_for(count, 1 << 14, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t j = begin; j < end; ++j) {
      const T g = gradient[j];
      m[j] += first * (g - m[j]);
      v[j] += second * (g * g - v[j]);
      x[j] -= scale * m[j] / (std::sqrt(v[j] * correction) + epsilon);
    }
  });
}

template void adam_step(std::int64_t, const float*, int, double, float*, float*, float*);
template void adam_step(std::int64_t, const double*, int, double, double*, double*, double*);

}  // namespace lvtino::kernels
