#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "lvtino/procedural_clip.hpp"
#include "lvtino/spec_file.hpp"
#include "operators/table.hpp"
#include "solvers/data_prox.hpp"

// The exact data prox of the paper's three problems at their real size: computed in float32, judged
// in float64 by an operator that was built in float64, so that neither shares the other's rounding.

BOOST_AUTO_TEST_SUITE(paper_stationarity_law)

using namespace lvtino;

namespace {

// |A'(Ap-y)/s2 + (p-v)/gamma| / (|A'y|/s2 + |v|/gamma): storing p in float32 alone costs about
// 3e-8.
constexpr double kBound = 1e-6;
const Shape kDomain = {1, 3, 25, 360, 640};

/// What `examples/<name>.json` says of the measurement and of the largest image step.
struct Setting {
  Json op;
  double sigma, gamma;

  explicit Setting(const std::string& name) {
    const SpecFile spec = load_spec(LVTINO_SOURCE_DIR "/examples/" + name + ".json");
    op = spec.document.at("operator");
    sigma = spec.document.at("noise").at("sigma").get<double>();
    const Json& sampler = spec.document.at("sampler");
    gamma = sampler.at("steps").at(0).at("delta").get<double>() * sampler.value("eta", 0.5);
  }

  OperatorPtr make(at::ScalarType dtype) const {
    return operator_table().make(SpecReader(op), kDomain, Placement{dtype, at::kCPU});
  }
};

Tensor video(std::int64_t seed) {
  return render({.seed = seed, .frames = kDomain[2], .height = kDomain[3], .width = kDomain[4]})
      .frames;
}

/// The video measured and the one that the prox is taken of.
struct Videos {
  Tensor x = video(1), v = video(2), v_exact = v.to(at::kDouble);
};

const Videos& videos() {
  static const Videos both;
  return both;
}

/// A float32 problem with noise, and its judge.
class Problem {
 public:
  Problem(const OperatorPtr& op, const OperatorPtr& exact_op, double sigma, double gamma)
      : gamma_(gamma),
        prox_(simulate(op, videos().x, sigma, Rng(3))),
        judge_({exact_op, prox_.measurement().y.to(at::kDouble), sigma}) {}

  bool exact() const { return prox_.exact(); }
  Tensor solve(double factor = 1) const { return prox_.apply(videos().v, factor * gamma_); }
  double residual(const Tensor& p) const {
    return judge_.stationarity(p.to(at::kDouble), videos().v_exact, gamma_);
  }

 private:
  double gamma_;
  DataProx prox_, judge_;
};

// The paper's sigma of 0.001 makes the data term all but a constraint; there the operator and its
// factors show. A sigma of 0.05 balances both terms; there the weights show.
void check(const std::string& name) {
  const Setting setting(name);
  const OperatorPtr op = setting.make(at::kFloat), exact_op = setting.make(at::kDouble);
  const Problem problem(op, exact_op, setting.sigma, setting.gamma);
  BOOST_TEST(problem.exact());
  const Tensor p = problem.solve();
  const double residual = problem.residual(p);
  BOOST_TEST(residual < kBound, name << ": " << residual);
  // A correction that is wrong by 1e-4 of itself must not pass.
  const double spoilt = problem.residual(p + 1e-4 * (videos().v - p));
  BOOST_TEST(spoilt > 2 * kBound, name << ": " << spoilt);

  const Problem balanced(op, exact_op, 0.05, setting.gamma);
  const double balanced_residual = balanced.residual(balanced.solve());
  BOOST_TEST(balanced_residual < kBound, name << ": " << balanced_residual);
  // Nor a weight that is wrong by 3e-4.
  const double wrong_weight = balanced.residual(balanced.solve(1.0003));
  BOOST_TEST(wrong_weight > 2 * kBound, name << ": " << wrong_weight);
  BOOST_TEST_MESSAGE(name << ": " << residual << " (spoilt " << spoilt << "), balanced "
                          << balanced_residual << " (spoilt " << wrong_weight << ")");
}

}  // namespace

BOOST_AUTO_TEST_CASE(problem_a) { check("problem_a"); }
BOOST_AUTO_TEST_CASE(problem_b) { check("problem_b"); }
BOOST_AUTO_TEST_CASE(problem_c) { check("problem_c"); }

BOOST_AUTO_TEST_SUITE_END()
