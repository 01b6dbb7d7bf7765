#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// The pair E, D of a prior: pixels [N, C, T, H, W] in [0, 1] to a latent and back.
///
/// Immutable; works in the dtype and on the device of its argument. Results never share memory with
/// arguments.
class Autoencoder {
 public:
  virtual ~Autoencoder() = default;

  /// Throws ShapeError if `x` is not a contiguous video that `latent_shape` accepts.
  Tensor encode(const Tensor& x) const;

  /// Throws ShapeError if `z` is not a contiguous latent of five dimensions that fits.
  Tensor decode(const Tensor& z) const;

  /// Throws ShapeError if videos of the shape `pixels` cannot be encoded.
  virtual Shape latent_shape(const Shape& pixels) const = 0;
  /// The inverse of `latent_shape`. Throws ShapeError.
  virtual Shape pixel_shape(const Shape& latent) const = 0;
  /// Latent units a pixel unit: what turns a step size in latents into one in pixels.
  virtual double scale() const = 0;
  /// Whether `decode` undoes `encode`. Networks only come near.
  virtual bool is_invertible() const { return true; }
  /// Loads what the first use would. Throws IoError.
  void prepare() const { do_prepare(); }

 private:
  virtual void do_prepare() const {}
  virtual Tensor do_encode(const Tensor& x) const = 0;
  virtual Tensor do_decode(const Tensor& z) const = 0;
};

/// z = scale B (x - offset), where B is orthonormal and acts on blocks of b x b pixels: latents
/// [N, C b b, T, H / b, W / b], channel c b b + u b + v for row u and column v of the block.
///
/// The identity is b = 1. With the DCT, channel (u, v) holds one frequency band of each block; with
/// `space_to_depth` it holds one pixel of each block.
class BlockAutoencoder final : public Autoencoder {
 public:
  /// `basis` is an orthonormal [b, b] float64 matrix on the CPU, its rows the basis vectors of both
  /// axes. The defaults of `scale` and `offset` take [0, 1] to [-1, 1], where the networks live.
  /// Throws ShapeError if `basis` is not square, NumericalError if it is not orthonormal to 1e-10
  /// or if `scale` is not positive.
  explicit BlockAutoencoder(const Tensor& basis, double scale = 2, double offset = 0.5);

  Shape latent_shape(const Shape& pixels) const override;
  Shape pixel_shape(const Shape& latent) const override;

  std::int64_t block() const { return block_; }
  double scale() const override { return scale_; }

  /// The latent of a constant video of value `level`: one number a channel, [C b b].
  std::vector<double> latent_level(double level, std::int64_t channels) const;

  /// Variances [T, H, W] of the orthonormal DCT coefficients of one pixel channel, to those of the
  /// latent's DCT coefficients, [b b, T, H / b, W / b]: the exact diagonal of the transformed
  /// covariance. (For b > 1 that covariance is not diagonal; what lies beside is dropped.)
  /// float64 on the CPU. Throws ShapeError.
  Tensor latent_variance(const Tensor& variance) const;

 private:
  Tensor do_encode(const Tensor& x) const override;
  Tensor do_decode(const Tensor& z) const override;
  Tensor transform_blocks(const Tensor& blocks, bool transposed) const;

  Tensor basis_;
  std::int64_t block_;
  double scale_, offset_;
};

/// z = scale (x - offset).
std::shared_ptr<const BlockAutoencoder> identity_autoencoder(double scale = 2, double offset = 0.5);
/// Orthonormal DCT-II of blocks of b x b pixels. Throws ShapeError if b < 1.
std::shared_ptr<const BlockAutoencoder> block_dct(std::int64_t b, double scale = 2,
                                                  double offset = 0.5);
/// Each of the b x b pixels of a block becomes a channel. Throws ShapeError if b < 1.
std::shared_ptr<const BlockAutoencoder> space_to_depth(std::int64_t b, double scale = 2,
                                                       double offset = 0.5);

}  // namespace lvtino
