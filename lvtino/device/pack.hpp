#pragma once

#include <cstdint>

#include "lvtino/device/launch.hpp"

namespace lvtino::device {

/// `width` neighbours in memory that one instruction moves; their address must be a multiple of
/// their size.
template <class T, int width>
struct alignas(sizeof(T) * width) Pack {
  T at[width];
};

template <int width, class T>
__device__ __forceinline__ Pack<T, width> load(const T* from) {
  return *reinterpret_cast<const Pack<T, width>*>(from);
}

template <class T, int width>
__device__ __forceinline__ void store(T* to, const Pack<T, width>& values) {
  *reinterpret_cast<Pack<T, width>*>(to) = values;
}

/// All `width` numbers equal to `value`.
template <int width, class T>
__device__ __forceinline__ Pack<T, width> filled(T value) {
  Pack<T, width> out;
#pragma unroll
  for (int k = 0; k < width; ++k) out.at[k] = value;
  return out;
}

/// Numbers of 16 bytes.
template <class T>
constexpr int kFullPack = int(16 / sizeof(T));

/// Whether rows of `row` numbers from each of `pointers` (null ones excepted) can be moved in
/// packs.
template <class T, class... Pointers>
bool packs_fit(std::int64_t row, const Pointers*... pointers) {
  return row % kFullPack<T> == 0 && ((reinterpret_cast<std::uintptr_t>(pointers) % 16 == 0) && ...);
}

}  // namespace lvtino::device
