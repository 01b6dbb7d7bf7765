#pragma once

#include <cstdint>

/// Reductions over plain pointers; float64 accumulators, blocks of a fixed length, so the result
/// does not depend on the number of threads.
namespace lvtino::kernels {

double dot(const float* a, const float* b, std::int64_t n);
double dot(const double* a, const double* b, std::int64_t n);
double squared_distance(const float* a, const float* b, std::int64_t n);
double squared_distance(const double* a, const double* b, std::int64_t n);
double sum(const float* a, std::int64_t n);
double sum(const double* a, std::int64_t n);

}  // namespace lvtino::kernels
