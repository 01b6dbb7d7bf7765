#include "lvtino/video_color.hpp"

namespace lvtino {

YuvWeights assumed_weights(std::int64_t height) {
  constexpr std::int64_t kHighDefinitionLines = 720;
  return height >= kHighDefinitionLines ? kBt709 : kBt601;
}

YuvCode yuv_code(YuvWeights weights, bool full_range, int depth) {
  YuvCode code{.kr = weights.kr, .kb = weights.kb};
  if (full_range) {
    const double highest = (std::ldexp(1.0, depth) - 1) / std::ldexp(1.0, depth - 8);
    code.luma_zero = 0, code.luma_range = highest, code.chroma_range = highest;
  }
  return code;
}

YuvGrid yuv_grid(std::int64_t height, std::int64_t width, int step_y, int step_x, bool left_sited) {
  return {.height = height,
          .width = width,
          .chroma_height = (height + step_y - 1) / step_y,
          .chroma_width = (width + step_x - 1) / step_x,
          .step_y = step_y,
          .step_x = step_x,
          .offset_y = 0.5 * (step_y - 1),
          .offset_x = left_sited ? 0.0 : 0.5 * (step_x - 1)};
}

Tensor yuv_to_rgb(const YuvPlanes& planes, const YuvGrid& grid, const YuvCode& code) {
  require(planes.y, {grid.height, grid.width}, {}, "luma plane");
  require(planes.u, {grid.chroma_height, grid.chroma_width}, {}, "chroma plane");
  require(planes.v, {grid.chroma_height, grid.chroma_width}, {}, "chroma plane");
  Tensor rgb = at::empty({3, grid.height, grid.width}, at::kFloat);
  kernels::yuv_to_rgb(planes.y.const_data_ptr<float>(), planes.u.const_data_ptr<float>(),
                      planes.v.const_data_ptr<float>(), rgb.data_ptr<float>(), grid, code);
  return rgb;
}

YuvPlanes rgb_to_yuv(const Tensor& rgb, const YuvGrid& grid, const YuvCode& code) {
  require(rgb, {3, grid.height, grid.width}, {}, "frame");
  const auto chroma = [&] {
    return at::empty({grid.chroma_height, grid.chroma_width}, at::kFloat);
  };
  YuvPlanes out{at::empty({grid.height, grid.width}, at::kFloat), chroma(), chroma()};
  kernels::rgb_to_yuv(rgb.const_data_ptr<float>(), out.y.data_ptr<float>(), out.u.data_ptr<float>(),
                      out.v.data_ptr<float>(), grid, code);
  return out;
}

Tensor round_codes(const Tensor& plane) { return plane.add(0.5).floor_().to(at::kByte); }

}  // namespace lvtino
