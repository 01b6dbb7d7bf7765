#include "priors/video_wavelet.hpp"

#include <algorithm>

#include "lvtino/core/axis_product.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"

namespace lvtino {
namespace {

// Rows of the mean squared inner products of an axis' basis with the DCT: details of level 1 ..
// levels, then approximations of level 1 .. levels (for no levels: the identity's one row).
Tensor axis_responses(WaveletKind kind, std::int64_t length, int levels) {
  const Placement exact = {at::kDouble, at::kCPU};
  const Tensor dct = dct_matrix(length, exact);
  const auto squared = [&](int depth) {
    return at::matmul(AxisWavelet(kind, length, depth).matrix(), dct.t()).square_();
  };
  const auto mean_rows = [&](const Tensor& m, std::int64_t begin, std::int64_t end) {
    if (begin == end) return at::zeros({length}, exact.options());
    return m.narrow(0, begin, end - begin).mean(at::IntArrayRef{0});
  };
  const AxisWavelet whole(kind, length, levels);
  const Tensor all = squared(levels);
  std::vector<Tensor> rows;
  for (int l = 0; l < levels; ++l)
    rows.push_back(mean_rows(all, whole.extent(l + 1), whole.extent(l)));
  for (int l = 0; l < levels; ++l)
    rows.push_back(mean_rows(squared(l + 1), 0, whole.extent(l + 1)));
  if (levels == 0) rows.push_back(mean_rows(all, 0, length));
  return at::stack(rows).contiguous();
}

// [begin, extent) of what a level of an axis holds: level 0 the approximation.
std::array<std::int64_t, 2> range_of(const AxisWavelet& axis, int level) {
  if (level == 0) return {0, axis.extent(axis.levels())};
  return {axis.extent(level), axis.extent(level - 1) - axis.extent(level)};
}

}  // namespace

VideoWavelet::VideoWavelet(const WaveletGrid& grid, const Shape& video,
                           const std::array<std::int64_t, 3>& shift)
    : video_(video),
      space_levels_(grid.space_levels),
      time_(grid.kind, video.size() == 5 ? video[2] : 0, grid.time_levels, shift[0]),
      height_(grid.kind, video[3], grid.space_levels, shift[1]),
      width_(grid.kind, video[4], grid.space_levels, shift[2]) {}

template <class T>
void VideoWavelet::transform(T* x, bool forward) const {
  const std::int64_t frames = video_[2], height = video_[3], width = video_[4];
  const std::int64_t plane = height * width, clips = video_[0] * video_[1];
  const auto along_time = [&] {
    constexpr std::int64_t kColumns = 512;
    const std::int64_t parts = (plane + kColumns - 1) / kColumns;
    parallel_for(clips * parts, 4, [&](std::int64_t begin, std::int64_t end) {
      std::vector<T> scratch(static_cast<std::size_t>(frames * kColumns));
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t first = (i % parts) * kColumns,
                           count = std::min(kColumns, plane - first);
        T* const at = x + (i / parts) * frames * plane + first;
        for (int k = 0; k < time_.levels(); ++k) {
          const auto& level = time_.level(forward ? k : time_.levels() - 1 - k);
          (forward ? kernels::analyse_columns<T>
                   : kernels::synthesise_columns<T>)(at, count, plane, level, scratch.data());
        }
      }
    });
  };
  const auto along_planes = [&] {
    parallel_for(clips * frames, 1, [&](std::int64_t begin, std::int64_t end) {
      std::vector<T> scratch(static_cast<std::size_t>(plane));
      for (std::int64_t i = begin; i < end; ++i) {
        T* const at = x + i * plane;
        for (int k = 0; k < space_levels_; ++k) {
          const int l = forward ? k : space_levels_ - 1 - k;
          const std::int64_t rows = height_.extent(l), columns = width_.extent(l);
          if (forward) {
            kernels::analyse_rows(at, rows, width, width_.level(l), scratch.data());
            kernels::analyse_columns(at, columns, width, height_.level(l), scratch.data());
          } else {
            kernels::synthesise_columns(at, columns, width, height_.level(l), scratch.data());
            kernels::synthesise_rows(at, rows, width, width_.level(l), scratch.data());
          }
        }
      }
    });
  };
  if (forward) along_time();
  along_planes();
  if (!forward) along_time();
}

void VideoWavelet::analyse(const Tensor& x) const {
  require(x, video_, {x.scalar_type(), at::kCPU}, "VideoWavelet");
  if (x.scalar_type() == at::kFloat) return transform(x.mutable_data_ptr<float>(), true);
  transform(x.mutable_data_ptr<double>(), true);
}

void VideoWavelet::synthesise(const Tensor& x) const {
  require(x, video_, {x.scalar_type(), at::kCPU}, "VideoWavelet");
  if (x.scalar_type() == at::kFloat) return transform(x.mutable_data_ptr<float>(), false);
  transform(x.mutable_data_ptr<double>(), false);
}

std::vector<BandBox> VideoWavelet::boxes() const {
  std::vector<BandBox> out;
  const auto add = [&](const BandKey& key, const std::array<std::int64_t, 2>& h,
                       const std::array<std::int64_t, 2>& w) {
    const auto t = range_of(time_, key.time);
    if (t[1] * h[1] * w[1] > 0) out.push_back({key, {t[0], h[0], w[0]}, {t[1], h[1], w[1]}});
  };
  for (int time = 0; time <= time_.levels(); ++time) {
    add({time, 0, false}, range_of(height_, 0), range_of(width_, 0));
    for (int space = 1; space <= space_levels_; ++space) {
      const auto h = range_of(height_, space), w = range_of(width_, space);
      add({time, space, false}, h, {0, width_.extent(space)});
      add({time, space, false}, {0, height_.extent(space)}, w);
      add({time, space, true}, h, w);
    }
  }
  return out;
}

std::vector<BandVariance> band_variances(const WaveletGrid& grid, const PowerLaw& law,
                                         std::int64_t frames, std::int64_t height,
                                         std::int64_t width) {
  Tensor c = law.variance(grid.time_levels > 0 ? frames : 1, height, width);
  c = axis_product(axis_responses(grid.kind, width, grid.space_levels), c, 2);
  c = axis_product(axis_responses(grid.kind, height, grid.space_levels), c, 1);
  c = axis_product(axis_responses(grid.kind, c.size(0), grid.time_levels), c, 0);
  const auto value = [&](int time, int h, int w) { return c[time][h][w].item<double>(); };
  const int last = std::max(2 * grid.space_levels - 1, 0);  // the row of the approximation
  std::vector<BandVariance> out;
  for (int time = 0; time <= grid.time_levels; ++time) {
    const int t = time == 0 ? std::max(2 * grid.time_levels - 1, 0) : time - 1;
    out.push_back({{time, 0, false}, value(t, last, last)});
    for (int space = 1; space <= grid.space_levels; ++space) {
      const int detail = space - 1, coarse = grid.space_levels + space - 1;
      out.push_back(
          {{time, space, false}, 0.5 * (value(t, detail, coarse) + value(t, coarse, detail))});
      out.push_back({{time, space, true}, value(t, detail, detail)});
    }
  }
  return out;
}

}  // namespace lvtino
