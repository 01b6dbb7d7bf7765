#pragma once

#include <algorithm>
#include <cstdint>

#include "lvtino/device/launch.hpp"
#include "solvers/tv_kernels.hpp"

namespace lvtino::device {

constexpr int kMarchColumns = 32, kMarchRows = 8, kMarchThreads = kMarchColumns * kMarchRows;
inline const dim3 kMarchShape(kMarchColumns, kMarchRows);

/// Where a thread starts and which frames it walks through.
struct Walk {
  bool inside;
  std::int64_t row, column, first, end, offset;
};

/// A grid [slices, frames, height, width] cut into blocks of 8 rows of 32 packs of columns that
/// walk through `depth` frames. Blocks that are neighbours in the plane run side by side, so that
/// they find each other's rows in cache.
struct March {
  std::int64_t slices, frames, height, width;
  std::int64_t depth, across, down;

  std::int64_t chunks() const { return quotient_up(frames, depth); }
  std::int64_t blocks() const { return across * down * chunks() * slices; }

  template <int pack>
  __device__ __forceinline__ Walk walk() const {
    const unsigned index = blockIdx.x, columns = unsigned(across), plane = unsigned(across * down);
    const unsigned place = index % plane, level = index / plane;
    const unsigned pieces = unsigned((frames + depth - 1) / depth);
    Walk out;
    out.column = std::int64_t(place % columns * kMarchColumns + threadIdx.x) * pack;
    out.row = place / columns * kMarchRows + threadIdx.y;
    out.first = level % pieces * depth;
    out.end = out.first + depth < frames ? out.first + depth : frames;
    out.inside = out.column < width && out.row < height;
    out.offset = ((level / pieces * frames + out.first) * height + out.row) * width + out.column;
    return out;
  }
};

inline March march_of_frames(const kernels::TvShape& s, int pack, std::int64_t depth) {
  return {s.slices,
          s.frames,
          s.height,
          s.width,
          depth,
          quotient_up(s.width, kMarchColumns * pack),
          quotient_up(s.height, kMarchRows)};
}

/// The depth that promises the least time: short walks read the frame between two of them twice,
/// long ones leave processors idle at the end. `words`: moved a voxel.
inline March march_over(const kernels::TvShape& s, int pack, double words, std::int64_t resident) {
  March best = march_of_frames(s, pack, s.frames);
  double least = 0;
  for (std::int64_t chunks = 1; chunks <= s.frames; ++chunks) {
    const March m = march_of_frames(s, pack, quotient_up(s.frames, chunks));
    const double waves = double(m.blocks()) / double(resident);
    // The last, partial wave costs about half of what it wastes: fewer blocks share the memory.
    const double idle = 1 + 0.5 * (double(quotient_up(m.blocks(), resident)) / waves - 1);
    const double time = idle * (1 + 2 / (words * double(m.depth)));
    if (chunks == 1 || time < least) best = m, least = time;
  }
  return best;
}

}  // namespace lvtino::device
