#include "lvtino/video_color_kernels.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "lvtino/core/parallel.hpp"

namespace lvtino::kernels {
namespace {

constexpr std::int64_t kRowsATask = 16;

// Linear interpolation between the samples `low` and `low + 1` (both inside after clamping).
struct Blend {
  std::int64_t low, high;
  float weight;  // of `high`
};

Blend blend(std::int64_t position, int step, double offset, std::int64_t count) {
  const double at = (double(position) - offset) / step;
  const double low = std::floor(at);
  const auto inside = [&](double i) {
    return std::clamp<std::int64_t>(std::int64_t(i), 0, count - 1);
  };
  return {inside(low), inside(low + 1), float(at - low)};
}

std::vector<Blend> blends(std::int64_t length, int step, double offset, std::int64_t count) {
  std::vector<Blend> out;
  for (std::int64_t i = 0; i < length; ++i) out.push_back(blend(i, step, offset, count));
  return out;
}

void upsample_row(const float* plane, const Blend& rows, const std::vector<Blend>& columns,
                  std::int64_t stride, float* out) {
  const float* a = plane + rows.low * stride;
  const float* b = plane + rows.high * stride;
  for (std::size_t x = 0; x < columns.size(); ++x) {
    const Blend c = columns[x];
    const float low = a[c.low] + rows.weight * (b[c.low] - a[c.low]);
    const float high = a[c.high] + rows.weight * (b[c.high] - a[c.high]);
    out[x] = low + c.weight * (high - low);
  }
}

float unit(float value) { return std::min(1.f, std::max(0.f, value)); }
float byte_range(float value) { return std::min(255.f, std::max(0.f, value)); }

}  // namespace

void yuv_to_rgb(const float* y, const float* u, const float* v, float* rgb, const YuvGrid& grid,
                const YuvCode& code) {
  const std::int64_t width = grid.width, plane = grid.height * width;
  const std::vector<Blend> columns = blends(width, grid.step_x, grid.offset_x, grid.chroma_width);
  const double kg = 1 - code.kr - code.kb;
  const float luma = float(1 / code.luma_range), zero = float(code.luma_zero);
  const float red = float(2 * (1 - code.kr) / code.chroma_range);
  const float blue = float(2 * (1 - code.kb) / code.chroma_range);
  const float green_u = float(code.kb / kg) * blue, green_v = float(code.kr / kg) * red;
  parallel_for(grid.height, kRowsATask, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> us(static_cast<std::size_t>(width)), vs(us.size());
    for (std::int64_t row = begin; row < end; ++row) {
      const Blend rows = blend(row, grid.step_y, grid.offset_y, grid.chroma_height);
      upsample_row(u, rows, columns, grid.chroma_width, us.data());
      upsample_row(v, rows, columns, grid.chroma_width, vs.data());
      const float* ys = y + row * width;
      float* out = rgb + row * width;
      for (std::int64_t x = 0; x < width; ++x) {
        const float l = (ys[x] - zero) * luma, cb = us[std::size_t(x)] - 128,
                    cr = vs[std::size_t(x)] - 128;
        out[x] = unit(l + red * cr);
        out[plane + x] = unit(l - green_u * cb - green_v * cr);
        out[2 * plane + x] = unit(l + blue * cb);
      }
    }
  });
}

void rgb_to_yuv(const float* rgb, float* y, float* u, float* v, const YuvGrid& grid,
                const YuvCode& code) {
  const std::int64_t height = grid.height, width = grid.width, plane = height * width;
  const float kr = float(code.kr), kb = float(code.kb), kg = 1 - kr - kb;
  const float cb = float(code.chroma_range / (2 * (1 - code.kb)));
  const float cr = float(code.chroma_range / (2 * (1 - code.kr)));
  const auto luma_of = [=](const float* p) {
    return kr * p[0] + kg * p[plane] + kb * p[2 * plane];
  };
  parallel_for(height, kRowsATask, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin * width; i < end * width; ++i)
      y[i] = byte_range(float(code.luma_zero) + float(code.luma_range) * luma_of(rgb + i));
  });
  // A filter of three taps around 2 i covers both sitings: (1 2 1)/4 on, (0 1 1)/2 between pixels.
  const auto taps = [](int step, double offset, float* out) {
    const bool single = step == 1, between = offset > 0;
    out[0] = single || between ? 0.f : 0.25f;
    out[1] = single ? 1.f : 0.5f;
    out[2] = single ? 0.f : between ? 0.5f : 0.25f;
  };
  float down[3], across[3];
  taps(grid.step_y, grid.offset_y, down);
  taps(grid.step_x, grid.offset_x, across);
  parallel_for(grid.chroma_height, kRowsATask, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i)
      for (std::int64_t j = 0; j < grid.chroma_width; ++j) {
        float sum_u = 0, sum_v = 0;
        for (int a = 0; a < 3; ++a)
          for (int b = 0; b < 3; ++b) {
            const std::int64_t row =
                std::clamp<std::int64_t>(i * grid.step_y + a - 1, 0, height - 1);
            const std::int64_t column =
                std::clamp<std::int64_t>(j * grid.step_x + b - 1, 0, width - 1);
            const float* pixel = rgb + row * width + column;
            const float l = luma_of(pixel), weight = down[a] * across[b];
            sum_u += weight * (pixel[2 * plane] - l);
            sum_v += weight * (pixel[0] - l);
          }
        u[i * grid.chroma_width + j] = byte_range(128 + cb * sum_u);
        v[i * grid.chroma_width + j] = byte_range(128 + cr * sum_v);
      }
  });
}

}  // namespace lvtino::kernels
