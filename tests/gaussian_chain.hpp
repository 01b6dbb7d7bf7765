#pragma once

#include <Eigen/Dense>
#include <cmath>
#include <memory>
#include <vector>

#include "lvtino/sampler.hpp"
#include "operators/axis_maps.hpp"
#include "operators/separable_operator.hpp"
#include "priors/gaussian_model.hpp"
#include "solvers/data_prox.hpp"

/// A small restoration whose every part is linear and Gaussian, twice: as the sampler runs it, and
/// as dense float64 matrices written down from the formulas alone.
namespace lvtino::testing {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

/// x' = m x + b + noise of covariance `c`.
struct AffineLaw {
  Matrix m;
  Vector b;
  Matrix c;

  /// This law after `first`.
  AffineLaw after(const AffineLaw& first) const {
    return {m * first.m, m * first.b + b, m * first.c * m.transpose() + c};
  }
};

inline Matrix kronecker(const Matrix& a, const Matrix& b) {
  Matrix out(a.rows() * b.rows(), a.cols() * b.cols());
  for (Eigen::Index i = 0; i < a.rows(); ++i)
    for (Eigen::Index j = 0; j < a.cols(); ++j)
      out.block(i * b.rows(), j * b.cols(), b.rows(), b.cols()) = a(i, j) * b;
  return out;
}

/// Orthonormal DCT-II.
inline Matrix dct(int n) {
  Matrix out(n, n);
  for (int k = 0; k < n; ++k)
    for (int j = 0; j < n; ++j)
      out(k, j) = std::sqrt((k ? 2.0 : 1.0) / n) * std::cos(M_PI * (j + 0.5) * k / n);
  return out;
}

inline Matrix dense(const AxisMap& map) {
  Matrix out = Matrix::Zero(map.rows(), map.columns());
  for (std::int64_t i = 0; i < map.rows(); ++i)
    for (auto k = map.offsets()[std::size_t(i)]; k < map.offsets()[std::size_t(i) + 1]; ++k)
      out(i, map.indices()[std::size_t(k)]) += map.weights()[std::size_t(k)];
  return out;
}

/// Frames, height and width of the videos; `chains` independent copies run side by side.
struct GaussianChain {
  static constexpr int kFrames = 3, kHeight = 4, kWidth = 4;
  static constexpr int kUnknowns = kFrames * kHeight * kWidth;
  static constexpr double kScale = 2, kOffset = 0.5, kLevel = 0.43, kSigma = 0.05;

  explicit GaussianChain(std::int64_t chains) : chains_(chains) {
    const Placement exact{at::kDouble, at::kCPU};
    op_ = std::make_shared<SeparableOperator>(
        "problem A in small", domain(), exact, average(kFrames, 2, Tail::replicate),
        decimate(kHeight, 2, Filter::bicubic, Boundary::reflect),
        decimate(kWidth, 2, Filter::bicubic, Boundary::reflect));
    a_ = kronecker(dense(op_->time()), kronecker(dense(op_->height()), dense(op_->width())));
    y_ = Vector(a_.rows());
    for (Eigen::Index i = 0; i < y_.size(); ++i)
      y_(i) = 0.5 + 0.3 * std::sin(1.7 * double(i) + 0.4);
    video_schedule_ = rectified_flow(false);
    image_schedule_ = vp_scaled_linear();
    video_ = prior("video", kFrames, video_schedule_);
    image_ = prior("image", 1, image_schedule_);
  }

  Shape domain() const { return {chains_, 1, kFrames, kHeight, kWidth}; }

  /// Variances of latent DCT coefficients: falling with frequency, no two alike.
  static double variance(int frames, int t, int h, int w) {
    const double motion = frames > 1 ? 1 + 0.8 * t * t : 1;
    return 0.9 / ((0.3 + h * h + 1.3 * w * w) * motion) + 0.01 * (1 + t + 2 * h + 3 * w);
  }

  std::shared_ptr<const Prior> video() const { return video_; }
  std::shared_ptr<const Prior> image() const { return image_; }

  const Matrix& a() const { return a_; }
  const Vector& y() const { return y_; }

  /// What all chains share.
  Measurement measurement() const { return measurement(y_.replicate(1, chains_)); }
  /// Of the chain n, column n.
  Measurement measurement(const Matrix& y) const {
    Tensor all = at::empty(op_->range(), at::kDouble);
    std::copy(y.data(), y.data() + y.size(), all.mutable_data_ptr<double>());
    return Measurement(op_, all, kSigma);
  }

  Sampler sampler(const SamplerOptions& options, bool with_image = true) const {
    return sampler(options, measurement(), with_image);
  }
  Sampler sampler(const SamplerOptions& options, Measurement measured, bool with_image = true) const {
    const auto data = std::make_shared<DataProx>(std::move(measured));
    const auto joint = std::make_shared<JointProx>(data, TotalVariation(0, 0, 0));
    return Sampler(video_, with_image ? image_ : nullptr, data, joint, options);
  }

  /// Covariance of a prior in pixels.
  Matrix prior_covariance(bool of_video) const {
    const Matrix q = transform(of_video);
    return q.transpose() * variances(of_video).asDiagonal() * q / (kScale * kScale);
  }

  /// The start that all chains share.
  Vector start() const {
    return 0.4 * Vector::Ones(kUnknowns) + 0.1 * Vector::LinSpaced(kUnknowns, -1, 1);
  }
  SamplerState start_state() const {
    const Vector one = start();
    Tensor x = at::empty(domain(), at::kDouble);
    for (std::int64_t n = 0; n < chains_; ++n)
      std::copy(one.data(), one.data() + kUnknowns, x.mutable_data_ptr<double>() + n * kUnknowns);
    return {.x = x};
  }

  /// u = D(f(signal E(x) + temperature noise eps)): with F = Q' diag(sqrt(c / (a^2 c + b^2))) Q and
  /// the mean m in pixels, u = m + a F (x - m) + (temperature b / scale) F eps.
  AffineLaw autoencoding(bool of_video, double t, double temperature) const {
    const NoiseSchedule& schedule = of_video ? *video_schedule_ : *image_schedule_;
    const double a = schedule.signal(t), b = schedule.noise(t);
    const Matrix q = transform(of_video);
    const Vector c = variances(of_video);
    const Vector gain = (c.array() / (a * a * c.array() + b * b)).sqrt();
    const Matrix f = q.transpose() * gain.asDiagonal() * q;
    const Vector mean = kLevel * Vector::Ones(kUnknowns);
    const double noise = temperature * b / kScale;
    return {a * f, mean - a * f * mean, noise * noise * f * f.transpose()};
  }

  /// (A'A / sigma^2 + I / gamma)^-1 (A'y / sigma^2 + v / gamma).
  AffineLaw data_step(double gamma) const {
    const double s2 = kSigma * kSigma;
    const Matrix identity = Matrix::Identity(kUnknowns, kUnknowns);
    const Matrix inverse = (a_.transpose() * a_ / s2 + identity / gamma).inverse();
    return {inverse / gamma, inverse * a_.transpose() * y_ / s2,
            Matrix::Zero(kUnknowns, kUnknowns)};
  }

  /// The law of x after all steps from a fixed start: mean `b` and covariance `c`.
  AffineLaw law(const SamplerOptions& options, bool with_image = true,
                bool image_in_last_step = false) const {
    AffineLaw x{Matrix::Zero(kUnknowns, kUnknowns), start(), Matrix::Zero(kUnknowns, kUnknowns)};
    for (std::size_t k = 0; k < options.steps.size(); ++k) {
      const auto& [t_video, t_image, delta, own] = options.steps[k];
      const double temperature = own.value_or(options.temperature);
      x = autoencoding(true, t_video, temperature).after(x);
      x = data_step(delta * options.eta).after(x);
      const bool last = k + 1 == options.steps.size();
      if (!with_image || (last && !image_in_last_step)) continue;
      x = autoencoding(false, t_image, temperature).after(x);
      x = data_step(delta * (1 - options.eta)).after(x);
    }
    return x;
  }

 private:
  static Matrix transform(bool of_video) {
    return kronecker(of_video ? dct(kFrames) : Matrix::Identity(kFrames, kFrames),
                     kronecker(dct(kHeight), dct(kWidth)));
  }
  // Of the latent coefficients.
  static Vector variances(bool of_video) {
    Vector out(kUnknowns);
    for (int i = 0; i < kUnknowns; ++i) {
      const int frame = i / (kHeight * kWidth), row = i / kWidth % kHeight, column = i % kWidth;
      out(i) = variance(of_video ? kFrames : 1, of_video ? frame : 0, row, column);
    }
    return out;
  }

  std::shared_ptr<const Prior> prior(const char* name, int frames,
                                     std::shared_ptr<const NoiseSchedule> schedule) const {
    const auto coder = identity_autoencoder(kScale, kOffset);
    Tensor c = at::empty({1, frames, kHeight, kWidth}, at::kDouble);
    double* out = c.mutable_data_ptr<double>();
    for (int t = 0; t < frames; ++t)
      for (int h = 0; h < kHeight; ++h)
        for (int w = 0; w < kWidth; ++w) *out++ = variance(frames, t, h, w);
    const GaussianLaw law{.mean = {kScale * (kLevel - kOffset)}, .variance = c};
    return std::make_shared<Prior>(
        name, domain(), coder,
        std::make_shared<GaussianModel>(domain(), Placement{at::kDouble, at::kCPU}, schedule, law));
  }

  std::int64_t chains_;
  std::shared_ptr<const SeparableOperator> op_;
  Matrix a_;
  Vector y_;
  std::shared_ptr<const NoiseSchedule> video_schedule_, image_schedule_;
  std::shared_ptr<const Prior> video_, image_;
};

}  // namespace lvtino::testing
