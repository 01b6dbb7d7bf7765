#pragma once

#include "tests/gaussian_chain.hpp"

/// Where the chain of GaussianChain ends up when its step is repeated for ever, and where it ought
/// to: both exactly.
namespace lvtino::testing {

/// N(mean, covariance).
struct GaussianDensity {
  Vector mean;
  Matrix covariance;
};

/// The law that `step` leaves invariant: mean = M mean + b, S = M S M' + C (a discrete Lyapunov
/// equation, solved by doubling: S <- S + P S P', P <- P P). Needs a step that contracts.
inline GaussianDensity stationary(const AffineLaw& step) {
  const Matrix identity = Matrix::Identity(step.m.rows(), step.m.cols());
  GaussianDensity out{(identity - step.m).partialPivLu().solve(step.b), step.c};
  for (Matrix power = step.m; power.norm() > 1e-30; power = (power * power).eval())
    out.covariance += (power * out.covariance * power.transpose()).eval();
  return out;
}

inline GaussianDensity after(const AffineLaw& step, const GaussianDensity& x) {
  return {step.m * x.mean + step.b, step.m * x.covariance * step.m.transpose() + step.c};
}

/// pV^eta pI^(1 - eta), normalised: what Algorithm 1 declares as its prior.
inline GaussianDensity product_prior(const GaussianChain& chain, double eta) {
  const Matrix precision = eta * chain.prior_covariance(true).inverse() +
                           (1 - eta) * chain.prior_covariance(false).inverse();
  return {GaussianChain::kLevel * Vector::Ones(GaussianChain::kUnknowns), precision.inverse()};
}

/// The posterior of that prior after y = A x + n.
inline GaussianDensity posterior(const GaussianChain& chain, double eta, const Vector& y) {
  const GaussianDensity prior = product_prior(chain, eta);
  const double s2 = GaussianChain::kSigma * GaussianChain::kSigma;
  const Matrix own = prior.covariance.inverse();
  const Matrix covariance = (own + chain.a().transpose() * chain.a() / s2).inverse();
  return {covariance * (own * prior.mean + chain.a().transpose() * y / s2), covariance};
}

/// How the noise times of a step of size delta are chosen: (noise / signal)^2 in pixels is 2 delta
/// for both priors (what a spec gets that leaves the times out), or 2 delta eta for the video prior
/// and 2 delta (1 - eta) for the image prior.
enum class Tie { whole, split };

inline SamplerStep tied_step(const GaussianChain& chain, Tie tie, double delta, double eta) {
  const auto time = [&](const Prior& prior, double share) {
    return prior.schedule().t_of_ratio(std::sqrt(2 * delta * share) * prior.autoencoder().scale());
  };
  const bool whole = tie == Tie::whole;
  return {.t_video = time(*chain.video(), whole ? 1 : eta),
          .t_image = time(*chain.image(), whole ? 1 : 1 - eta),
          .delta = delta};
}

/// One whole step of the sampler, video prior to data prox, and its half that ends a run.
inline AffineLaw last_step(const GaussianChain& chain, const SamplerStep& step, double eta) {
  return chain.data_step(step.delta * eta).after(chain.autoencoding(true, step.t_video, 1));
}
inline AffineLaw whole_step(const GaussianChain& chain, const SamplerStep& step, double eta) {
  return chain.data_step(step.delta * (1 - eta))
      .after(chain.autoencoding(false, step.t_image, 1).after(last_step(chain, step, eta)));
}

/// The law of what a run of very many equal steps returns.
inline GaussianDensity limit_law(const GaussianChain& chain, const SamplerStep& step, double eta) {
  return after(last_step(chain, step, eta), stationary(whole_step(chain, step, eta)));
}

/// How far a law is from the one it ought to be, d unknowns.
struct Bias {
  double mean;        ///< |C^-1/2 (m - m')| / sqrt(d), in standard deviations of the right law
  double spread;      ///< root of the ratio of the traces of the covariances
  double divergence;  ///< Kullback-Leibler divergence of the law from the right one, a unknown
};

inline Bias bias(const GaussianDensity& law, const GaussianDensity& right) {
  const auto d = double(law.mean.size());
  const Eigen::LLT<Matrix> root(right.covariance), own(law.covariance);
  const Vector off = root.matrixL().solve(law.mean - right.mean);
  const double mismatch = root.solve(law.covariance).trace() - d;
  const auto log_det = [](const Eigen::LLT<Matrix>& factor) {
    return 2 * Matrix(factor.matrixL()).diagonal().array().log().sum();
  };
  return {off.norm() / std::sqrt(d), std::sqrt(law.covariance.trace() / right.covariance.trace()),
          0.5 * (mismatch + off.squaredNorm() + log_det(root) - log_det(own)) / d};
}

}  // namespace lvtino::testing
