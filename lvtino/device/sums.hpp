#pragma once

#include "lvtino/device/runtime.hpp"

/// Sums in float64 whose order is a function of the sizes and the kind of device alone: first
/// within blocks, then over their partial sums by one block.
namespace lvtino::device {

/// Partial sums of what is summed number by number.
constexpr std::int64_t kMostPartials = 1024;

/// sums[k] = partial[k count] + ... + partial[k count + count - 1] for k < `sets`.
void add_partials(const Stream& stream, const double* partial, std::int64_t count, int sets,
                  double* sums);

/// *sum = |a - b|^2. `partial` holds kMostPartials numbers.
template <class T>
void squared_distance(const Stream& stream, const T* a, const T* b, std::int64_t count,
                      double* partial, double* sum);

}  // namespace lvtino::device
