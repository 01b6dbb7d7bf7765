#pragma once

#include <cstdint>

namespace lvtino::kernels {

/// out[i] = element first + i of the stream, i < count.
void fill_normal(double* out, std::int64_t first, std::int64_t count, std::uint64_t seed,
                 std::uint64_t stream);
void fill_normal(float* out, std::int64_t first, std::int64_t count, std::uint64_t seed,
                 std::uint64_t stream);
void fill_uniform(double* out, std::int64_t first, std::int64_t count, std::uint64_t seed,
                  std::uint64_t stream);
void fill_uniform(float* out, std::int64_t first, std::int64_t count, std::uint64_t seed,
                  std::uint64_t stream);

}  // namespace lvtino::kernels
