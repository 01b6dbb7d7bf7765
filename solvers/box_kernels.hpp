#pragma once

#include <cstdint>

/// Fused passes for a box constraint on the primal variable, over plain pointers. See solvers/box.hpp.
namespace lvtino::kernels {

template <class T>
void box_dual_step(std::int64_t count, const T* x, const T* previous, T theta, T step, T relaxation, T low, T high,
                   T* r);

template <class T>
double box_shift(std::int64_t count, const T* u, const T* r, double gamma, double low, double high,
                 T* k);

}  // namespace lvtino::kernels
