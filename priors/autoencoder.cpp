#include "priors/autoencoder.hpp"

#include <cmath>

#include "lvtino/core/axis_product.hpp"
#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

void require_video(const Shape& shape, const char* what) {
  if (shape.size() != 5 || element_count(shape) == 0)
    throw ShapeError(
        text(what, ": expected a shape [N, C, T, H, W] with elements, got ", to_string(shape)));
}

void require_block(std::int64_t b) {
  if (b < 1) throw ShapeError(text("autoencoder: expected a block of at least 1, got ", b));
}

// Rows: (basis vector u, block p) of the latent's DCT over p; columns: DCT coefficients of the
// pixels along the axis. Orthonormal.
Tensor latent_in_pixel_dct(const Tensor& basis, std::int64_t length) {
  const std::int64_t b = basis.size(0), blocks = length / b;
  const Placement exact = {at::kDouble, at::kCPU};
  const Tensor columns = dct_matrix(length, exact).t().reshape({blocks, b, length});
  const Tensor bands = axis_product(basis, columns.contiguous(), 1);  // [blocks, u, length]
  return axis_product(dct_matrix(blocks, exact), bands, 0)
      .transpose(0, 1)
      .reshape({length, length})
      .contiguous();
}

}  // namespace

Tensor Autoencoder::encode(const Tensor& x) const {
  const Shape latent = latent_shape(shape_of(x));
  require(x, shape_of(x), placement_of(x), "encode");
  const Tensor z = do_encode(x);
  require(z, latent, placement_of(x), "encode: the latent");
  return z;
}

Tensor Autoencoder::decode(const Tensor& z) const {
  const Shape pixels = pixel_shape(shape_of(z));
  require(z, shape_of(z), placement_of(z), "decode");
  const Tensor x = do_decode(z);
  require(x, pixels, placement_of(z), "decode: the video");
  return x;
}

BlockAutoencoder::BlockAutoencoder(const Tensor& basis, double scale, double offset)
    : basis_(basis), block_(basis.size(0)), scale_(scale), offset_(offset) {
  require(basis, {block_, block_}, {at::kDouble, at::kCPU}, "BlockAutoencoder: the basis");
  const Tensor eye = at::eye(block_, basis.options());
  const double defect = l2_norm((at::matmul(basis, basis.t()) - eye).contiguous());
  if (!(defect < 1e-10))
    throw NumericalError(
        text("BlockAutoencoder: expected an orthonormal basis, |B B' - I| = ", defect));
  if (!(scale > 0) || !std::isfinite(scale) || !std::isfinite(offset))
    throw NumericalError(text("BlockAutoencoder: expected scale > 0 and a finite offset, got ",
                              scale, " and ", offset));
}

Shape BlockAutoencoder::latent_shape(const Shape& pixels) const {
  require_video(pixels, "latent_shape");
  if (pixels[3] % block_ || pixels[4] % block_)
    throw ShapeError(text("autoencoder: blocks of ", block_, " do not divide height and width of ",
                          to_string(pixels)));
  return {pixels[0], pixels[1] * block_ * block_, pixels[2], pixels[3] / block_,
          pixels[4] / block_};
}

Shape BlockAutoencoder::pixel_shape(const Shape& latent) const {
  require_video(latent, "pixel_shape");
  if (latent[1] % (block_ * block_))
    throw ShapeError(text("autoencoder: the channels of the latent ", to_string(latent),
                          " are no multiple of ", block_ * block_));
  return {latent[0], latent[1] / (block_ * block_), latent[2], latent[3] * block_,
          latent[4] * block_};
}

// `blocks` is [N C, T, H / b, W / b, b, b] with the block's row and column last.
Tensor BlockAutoencoder::transform_blocks(const Tensor& blocks, bool transposed) const {
  const Tensor b = (transposed ? basis_.t() : basis_).contiguous().to(blocks.options());
  return axis_product(b, axis_product(b, blocks, blocks.dim() - 1), blocks.dim() - 2);
}

Tensor BlockAutoencoder::do_encode(const Tensor& x) const {
  if (block_ == 1) return at::sub(x, offset_).mul_(scale_ * basis_.item<double>());
  const Shape s = latent_shape(shape_of(x));
  const Tensor blocks = at::sub(x, offset_)
                            .mul_(scale_)
                            .view({x.size(0) * x.size(1), s[2], s[3], block_, s[4], block_})
                            .permute({0, 1, 2, 4, 3, 5})
                            .contiguous();
  return transform_blocks(blocks, false).permute({0, 4, 5, 1, 2, 3}).contiguous().view(s);
}

Tensor BlockAutoencoder::do_decode(const Tensor& z) const {
  if (block_ == 1) return at::mul(z, basis_.item<double>() / scale_).add_(offset_);
  const Shape s = pixel_shape(shape_of(z));
  const Tensor blocks = z.view({s[0] * s[1], block_, block_, z.size(2), z.size(3), z.size(4)})
                            .permute({0, 3, 4, 5, 1, 2})
                            .contiguous();
  return transform_blocks(blocks, true)
      .permute({0, 1, 2, 4, 3, 5})
      .contiguous()
      .view(s)
      .mul_(1 / scale_)
      .add_(offset_);
}

std::vector<double> BlockAutoencoder::latent_level(double level, std::int64_t channels) const {
  const Tensor sums = basis_.sum(1);
  const Tensor levels = at::outer(sums, sums).reshape(-1).mul_(scale_ * (level - offset_));
  const double* const first = levels.const_data_ptr<double>();
  std::vector<double> out;
  for (std::int64_t c = 0; c < channels; ++c) out.insert(out.end(), first, first + levels.numel());
  return out;
}

Tensor BlockAutoencoder::latent_variance(const Tensor& variance) const {
  if (variance.dim() != 3 || variance.size(1) % block_ || variance.size(2) % block_)
    throw ShapeError(text("latent_variance: expected [T, H, W] that blocks of ", block_,
                          " divide, got ", describe(variance)));
  require(variance, shape_of(variance), {at::kDouble, at::kCPU}, "latent_variance");
  if (block_ == 1) return at::mul(variance, scale_ * scale_).unsqueeze(0);
  const std::int64_t frames = variance.size(0), height = variance.size(1), width = variance.size(2);
  const Tensor rows = latent_in_pixel_dct(basis_, height).square();
  const Tensor columns = latent_in_pixel_dct(basis_, width).square();
  return axis_product(rows, axis_product(columns, variance, 2), 1)
      .view({frames, block_, height / block_, block_, width / block_})
      .permute({1, 3, 0, 2, 4})
      .reshape({block_ * block_, frames, height / block_, width / block_})
      .contiguous()
      .mul_(scale_ * scale_);
}

std::shared_ptr<const BlockAutoencoder> identity_autoencoder(double scale, double offset) {
  return space_to_depth(1, scale, offset);
}

std::shared_ptr<const BlockAutoencoder> block_dct(std::int64_t b, double scale, double offset) {
  require_block(b);
  return std::make_shared<BlockAutoencoder>(dct_matrix(b, {at::kDouble, at::kCPU}), scale, offset);
}

std::shared_ptr<const BlockAutoencoder> space_to_depth(std::int64_t b, double scale,
                                                       double offset) {
  require_block(b);
  return std::make_shared<BlockAutoencoder>(at::eye(b, at::kDouble), scale, offset);
}

}  // namespace lvtino
