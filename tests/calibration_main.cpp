// lvtino_calibration: the numbers of docs/calibration.md as JSON. reports/calibration.py runs it
// and draws them.
#include <iostream>
#include <nlohmann/json.hpp>

#include "tests/gaussian_posterior.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/json.hpp"
#include "lvtino/core/program.hpp"

namespace lvtino::testing {
namespace {

constexpr std::int64_t kTruths = 256;  // of a rank histogram
constexpr std::int64_t kSamples = 31;  // of each posterior: 32 ranks
constexpr double kSeed = 20260101;

std::string to_string(Tie tie) {
  return tie == Tie::whole ? "delta" : "delta eta, delta (1 - eta)";
}

// --- the bias of the limit law, exactly
// ------------------------------------------------------------------------------

Json bias_rows(const GaussianChain& chain) {
  Json out = Json::array();
  for (const Tie tie : {Tie::whole, Tie::split})
    for (const double eta : {0.2, 0.5, 0.8}) {
      const GaussianDensity right = posterior(chain, eta, chain.y());
      for (int k = -10; k <= 0; ++k) {
        const double delta = std::pow(10.0, k / 2.0);
        const Bias found = bias(limit_law(chain, tied_step(chain, tie, delta, eta), eta), right);
        out.push_back({{"tie", to_string(tie)},
                       {"eta", eta},
                       {"delta", delta},
                       {"mean", found.mean},
                       {"spread", found.spread},
                       {"divergence", found.divergence}});
      }
    }
  return out;
}

// --- simulation-based calibration (Talts et al., 2018), with the sampler itself
// -----------------------------------------

using Columns = Matrix;  // one video, or measurement, a column

Columns normal(Eigen::Index rows, Eigen::Index columns, const Rng& rng) {
  const Tensor drawn = rng.normal({columns, rows}, {at::kDouble, at::kCPU});
  return Eigen::Map<const Columns>(drawn.const_data_ptr<double>(), rows, columns);
}

Columns drawn(const GaussianDensity& law, Eigen::Index count, const Rng& rng) {
  const Eigen::LLT<Matrix> root(law.covariance);
  return (root.matrixL() * normal(law.mean.size(), count, rng)).colwise() + law.mean;
}

Tensor video_of(const GaussianChain& chain, const Columns& x) {
  Tensor out = at::empty(chain.domain(), at::kDouble);
  std::copy(x.data(), x.data() + x.size(), out.mutable_data_ptr<double>());
  return out;
}

struct Statistic {
  const char* name;
  std::function<double(const Vector& x, const Vector& y)> value;
};

std::vector<Statistic> statistics(const GaussianChain& chain) {
  const auto alternating = [](const Vector& x) {
    double sum = 0;
    for (Eigen::Index i = 0; i < x.size(); ++i)
      sum += (i % GaussianChain::kWidth % 2 ? -1 : 1) * x(i);
    return sum;
  };
  return {{"mean of the video", [](const Vector& x, const Vector&) { return x.mean(); }},
          {"one pixel", [](const Vector& x, const Vector&) { return x(5); }},
          {"alternating columns", [=](const Vector& x, const Vector&) { return alternating(x); }},
          {"misfit |A x - y|",
           [&chain](const Vector& x, const Vector& y) { return (chain.a() * x - y).norm(); }}};
}

// Ranks of the truth among the samples; uniform on 0 .. kSamples if and only if the sampler's law
// is the posterior.
Json ranks(const GaussianChain& chain, const std::string& label, const Columns& truths,
           const Columns& y, const Columns& samples) {
  Json out = Json::array();
  for (const Statistic& s : statistics(chain)) {
    std::vector<int> histogram(kSamples + 1, 0);
    int within = 0;
    for (std::int64_t n = 0; n < kTruths; ++n) {
      const double truth = s.value(truths.col(n), y.col(n));
      int rank = 0;
      for (std::int64_t k = 0; k < kSamples; ++k)
        rank += s.value(samples.col(n * kSamples + k), y.col(n)) < truth;
      ++histogram[std::size_t(rank)];
      within += rank >= 2 && rank <= kSamples - 2;  // 28 of 32 ranks
    }
    const double expected = double(kTruths) / double(kSamples + 1);
    double chi2 = 0;
    for (const int count : histogram) chi2 += (count - expected) * (count - expected) / expected;
    out.push_back({{"sampler", label},
                   {"statistic", s.name},
                   {"ranks", histogram},
                   {"chi2", chi2},
                   {"degrees", kSamples},
                   {"within_28_of_32", double(within) / double(kTruths)}});
  }
  return out;
}

// Every truth's measurement once a sample.
Columns repeated(const Columns& one) {
  Columns out(one.rows(), kTruths * kSamples);
  for (std::int64_t n = 0; n < kTruths; ++n)
    out.middleCols(n * kSamples, kSamples) = one.col(n).replicate(1, kSamples);
  return out;
}

Columns posterior_samples(const GaussianChain& chain, double eta, const Columns& y,
                          const Rng& rng) {
  Columns out(GaussianChain::kUnknowns, kTruths * kSamples);
  for (std::int64_t n = 0; n < kTruths; ++n)
    out.middleCols(n * kSamples, kSamples) =
        drawn(posterior(chain, eta, y.col(n)), kSamples, rng.fork("truth", n));
  return out;
}

Json rank_rows(double eta) {
  const GaussianChain chain(kTruths * kSamples);
  const Rng rng{std::uint64_t(kSeed)};
  const Columns truths = drawn(product_prior(chain, eta), kTruths, rng.fork("truths"));
  const Columns y = chain.a() * truths +
                    GaussianChain::kSigma * normal(chain.a().rows(), kTruths, rng.fork("noise"));
  const Columns exact = posterior_samples(chain, eta, y, rng.fork("posterior"));
  Json out = ranks(chain, "the exact posterior", truths, y, exact);
  const auto run = [&](const std::string& label, const std::vector<SamplerStep>& steps,
                       const Columns& start) {
    SamplerObserver observer;
    const Sampler sampler =
        chain.sampler({.steps = steps, .eta = eta}, chain.measurement(repeated(y)));
    const Tensor x = sampler.run({.x = video_of(chain, start)}, rng.fork(label), observer);
    const Columns samples = Eigen::Map<const Columns>(x.const_data_ptr<double>(),
                                                      GaussianChain::kUnknowns, kTruths * kSamples);
    for (const Json& row : ranks(chain, label, truths, y, samples)) out.push_back(row);
  };
  for (const Tie tie : {Tie::whole, Tie::split})
    for (const double delta : {0.05, 0.5}) {
      // Begun in the posterior, so that only the law of the step itself is left to be reached.
      const SamplerStep step = tied_step(chain, tie, delta, eta);
      run(text("times tied to ", to_string(tie), ", delta ", delta),
          std::vector<SamplerStep>(delta < 0.1 ? 60 : 20, step), exact);
    }
  std::vector<SamplerStep> paper;
  for (const auto& [t_video, t_image] :
       {std::pair(757, 374), {522, 249}, {375, 124}, {255, 124}, {125, 124}})
    paper.push_back({.t_video = double(t_video), .t_image = double(t_image), .delta = 0.04});
  run("the five steps of the examples, from the pseudo-inverse", paper,
      repeated(chain.a().completeOrthogonalDecomposition().pseudoInverse() * y));
  return out;
}

int run() {
  const c10::InferenceMode inference;
  const GaussianChain chain(1);
  const Json out = {{"unknowns", GaussianChain::kUnknowns},
                    {"sigma", GaussianChain::kSigma},
                    {"truths", kTruths},
                    {"samples", kSamples},
                    {"eta", 0.5},
                    {"bias", bias_rows(chain)},
                    {"ranks", rank_rows(0.5)}};
  std::cout << out.dump(1) << "\n";
  return 0;
}

}  // namespace
}  // namespace lvtino::testing

int main() {
  return lvtino::run_guarded("lvtino_calibration", [] { return lvtino::testing::run(); });
}
