#include "priors/nn/rotary_embedding.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino::nn {

Tensor rotary_table(const std::array<std::int64_t, 3>& grid, std::int64_t head_features,
                    at::Device device) {
  if (head_features % 2 != 0 || head_features < 6)
    throw ShapeError(
        text("rotary positions: expected an even number of head features of at least "
             "6, got ",
             head_features));
  const std::int64_t side = 2 * (head_features / 6);
  const std::array<std::int64_t, 3> features = {head_features - 2 * side, side, side};
  const at::TensorOptions options = at::TensorOptions().dtype(at::kDouble).device(device);
  std::vector<Tensor> angles;
  for (int axis = 0; axis < 3; ++axis) {
    const std::int64_t pairs = features[axis] / 2;
    const Tensor frequency = at::exp(at::arange(pairs, options) * (-std::log(1e4) / pairs));
    Shape extents = {1, 1, 1, pairs};
    extents[axis] = grid[axis];
    angles.push_back(at::outer(at::arange(grid[axis], options), frequency)
                         .view(extents)
                         .expand({grid[0], grid[1], grid[2], pairs}));
  }
  const Tensor angle = at::cat(angles, -1).flatten(0, 2);
  return at::polar(at::ones_like(angle), angle);
}

Tensor rotate(const Tensor& x, const Tensor& table) {
  const bool exact = x.scalar_type() == at::kDouble;
  const Tensor wide = x.to(exact ? at::kDouble : at::kFloat);
  const Tensor pairs = at::view_as_complex(wide.unflatten(-1, {x.size(-1) / 2, 2}));
  const Tensor factors = table.to(exact ? at::kComplexDouble : at::kComplexFloat);
  const Tensor turned = wide.is_same(x) ? pairs * factors : pairs.mul_(factors);
  return at::view_as_real(turned).flatten(-2).to(x.scalar_type());
}

}  // namespace lvtino::nn
