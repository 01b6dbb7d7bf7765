#include "validation/prox_laws.hpp"

#include <rapidcheck.h>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <nlohmann/json.hpp>

#include "drawn_operators.hpp"
#include "lvtino/core/error.hpp"
#include "operators/axis_maps.hpp"
#include "operators/separable_operator.hpp"

BOOST_AUTO_TEST_SUITE(prox_laws)

using namespace lvtino;

namespace {

constexpr double kSigma = 0.05;
constexpr double kGamma = 0.01;
const Shape kDomain = {1, 1, 3, 6, 8};

TotalVariation draw_variation() {
  const auto weight = [] { return *rc::gen::element(0.0, 0.5, 2.0); };
  const double h = weight(), v = weight(), t = weight();
  return TotalVariation(
      h, v, t,
      *rc::gen::element(TotalVariation::Kind::isotropic, TotalVariation::Kind::anisotropic));
}

void require_laws(const DrawnOperator& drawn, at::ScalarType dtype) {
  const Placement placement = {dtype, at::kCPU};
  const OperatorPtr a = operator_table().make(SpecReader(drawn.spec), drawn.domain, placement);
  const double sigma = *rc::gen::element(0.02, 0.1);
  const double gamma = sigma * sigma * *rc::gen::element(0.1, 1.0, 10.0, 100.0);
  const Rng rng(drawn.seed);
  const auto data = std::make_shared<DataProx>(
      simulate(a, rng.fork("x").uniform(drawn.domain, placement), sigma, rng.fork("noise")),
      ConjugateGradientOptions{.tolerance = dtype == at::kDouble ? 1e-9 : 1e-4,
                               .max_iterations = 2000});
  const JointProx joint(data, draw_variation(), {.tolerance = 1e-3, .max_iterations = 3000});
  for (const LawReport& law : lvtino::prox_laws(*data, joint, gamma, rng))
    if (!law.passed)
      RC_FAIL(text(law.subject, ": ", law.law, ": residual ", law.residual, ", bound ", law.bound,
                   " (", law.witness, "), sigma ", sigma, ", spec ", drawn.spec.dump(), ", seed ",
                   drawn.seed));
}

/// A decimation whose factors or in-place sum are spoilt on request.
class Planted final : public LinearOperator {
 public:
  enum class Defect { none, small_factors, large_factors, spoilt_in_place };
  explicit Planted(Defect defect, const Placement& placement = {at::kDouble, at::kCPU})
      : Planted(defect, std::make_shared<SeparableOperator>(
                            "decimation", kDomain, placement, average(3, 2, Tail::replicate),
                            decimate(6, 2, Filter::bicubic, Boundary::reflect),
                            decimate(8, 2, Filter::bicubic, Boundary::reflect))) {}

  std::shared_ptr<const GramFactors> gram_factors() const override {
    return std::make_shared<Factors>(exact_->gram_factors(), defect_ == Defect::small_factors ? 0.5
                                                             : defect_ == Defect::large_factors
                                                                 ? 1.01
                                                                 : 1);
  }

 private:
  class Factors final : public GramFactors {
   public:
    Factors(std::shared_ptr<const GramFactors> exact, double scale)
        : GramFactors(exact->side(), exact->smallest(), exact->largest()),
          exact_(std::move(exact)),
          scale_(scale) {}
    Tensor spectral(const std::function<double(double)>& f, const Tensor& r) const override {
      return exact_->spectral([&](double d) { return f(d * scale_); }, r);
    }

   private:
    std::shared_ptr<const GramFactors> exact_;
    double scale_;
  };

  Planted(Defect defect, OperatorPtr exact)
      : LinearOperator("planted", exact->domain(), exact->range(), exact->placement()),
        defect_(defect),
        exact_(std::move(exact)) {}
  Tensor do_apply(const Tensor& x) const override { return exact_->apply(x); }
  Tensor do_adjoint(const Tensor& y) const override { return exact_->adjoint(y); }
  void do_adjoint_add(const Tensor& v, double scale, const Tensor& y, Tensor& out) const override {
    const bool spoilt = defect_ == Defect::spoilt_in_place && out.is_same(v);
    at::add_out(out, v, do_adjoint(y), spoilt ? scale * 1.001 : scale);
  }

  Defect defect_;
  OperatorPtr exact_;
};

std::shared_ptr<const DataProx> data_of(Planted::Defect defect = Planted::Defect::none,
                                        double sigma = kSigma) {
  const auto sound = std::make_shared<Planted>(Planted::Defect::none);
  const Tensor x = Rng(1).uniform(kDomain, sound->placement());
  return std::make_shared<DataProx>(
      Measurement(std::make_shared<Planted>(defect), simulate(sound, x, kSigma, Rng(2)).y, sigma));
}

Tensor centre(std::uint64_t seed) {
  return Rng(seed).normal(kDomain, {at::kDouble, at::kCPU}) * 0.2 + 0.5;
}

/// What a prox makes of the right answer.
class Altered final : public Prox {
 public:
  using Solve = std::function<Tensor(const Tensor&, double)>;
  explicit Altered(Solve solve) : solve_(std::move(solve)) {}
  double value(const Tensor&) const override { return 0; }

 private:
  SolveSummary do_solve(const Tensor& v, double gamma) const override {
    return {.x = solve_(v, gamma)};
  }
  Solve solve_;
};

void check(const LawReport& law, bool passes) {
  BOOST_TEST(law.passed == passes, law.law << ": residual " << law.residual << ", bound "
                                           << law.bound << " (" << law.witness << ")");
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_operator_in_float64) {
  each_kind_of_operator([](const std::string& type, const std::string& boundary) {
    BOOST_TEST(rc::check(type + ", " + boundary + ", float64",
                         [&] { require_laws(draw_operator(type, boundary, 6, 4), at::kDouble); }));
  });
}

BOOST_AUTO_TEST_CASE(every_operator_in_float32) {
  each_kind_of_operator([](const std::string& type, const std::string& boundary) {
    BOOST_TEST(rc::check(type + ", " + boundary + ", float32",
                         [&] { require_laws(draw_operator(type, boundary, 6, 4), at::kFloat); }));
  });
}

BOOST_AUTO_TEST_CASE(wrong_data_proxes_are_caught) {
  const auto data = data_of();
  const auto stationary = [&](const Altered::Solve& solve, bool passes) {
    check(data_prox_stationarity(*data, Altered(solve), centre(3), kGamma), passes);
  };
  const auto exact = [&](const Tensor& v, double gamma) { return data->solve(v, gamma).x; };
  stationary(exact, true);
  stationary([&](const Tensor& v, double gamma) { return exact(v, 2 * gamma); }, false);
  stationary(
      [&](const Tensor& v, double gamma) { return data_of({}, kSigma * 1.01)->solve(v, gamma).x; },
      false);
  stationary([&](const Tensor& v, double gamma) { return exact(v, gamma).clamp(0.1, 0.9); }, false);
  stationary([&](const Tensor& v, double) { return v; }, false);
  stationary([&](const Tensor& v, double gamma) { return exact(v, gamma) * (1 + 1e-9); }, false);
}

BOOST_AUTO_TEST_CASE(expansive_maps_are_caught) {
  const auto data = data_of();
  constexpr double kLarge = 1e4 * kGamma;  // so that the prox nearly projects
  const auto firm = [&](const Altered::Solve& solve, bool passes) {
    check(firm_nonexpansiveness(Altered(solve), "altered", centre(3), centre(4), kLarge), passes);
  };
  const auto exact = [&](const Tensor& v, double gamma) { return data->solve(v, gamma).x; };
  firm(exact, true);
  // The reflection through the prox is non-expansive, but not firmly so.
  firm([&](const Tensor& v, double gamma) { return exact(v, gamma) * 2 - v; }, false);
  firm([](const Tensor& v, double) { return v * 1.001; }, false);
  firm([](const Tensor& v, double) { return -v; }, false);
}

BOOST_AUTO_TEST_CASE(spoilt_operators_are_caught) {
  using Defect = Planted::Defect;
  for (const Defect defect : {Defect::none, Defect::small_factors, Defect::large_factors}) {
    check(envelope_value(*data_of(defect), centre(3), kGamma), defect == Defect::none);
    check(data_prox_stationarity(*data_of(defect), centre(3), kGamma), defect == Defect::none);
  }
  check(data_prox_in_place(*data_of(Defect::none), centre(3), kGamma), true);
  check(data_prox_in_place(*data_of(Defect::spoilt_in_place), centre(3), kGamma), false);
}

BOOST_AUTO_TEST_CASE(false_certificates_are_caught) {
  const TotalVariation tv(1, 1, 2);
  const Tensor u = centre(3);
  for (const auto& data : {data_of(), std::shared_ptr<const DataProx>()}) {
    const JointProx prox(data, tv, {.tolerance = 1e-5, .max_iterations = 2000});
    const JointSolution right = prox.solve_from(u, kGamma);
    const auto certified = [&](const JointSolution& solution, bool passes) {
      check(joint_prox_certificate(prox, solution, u, kGamma, Rng(5)), passes);
    };
    certified(right, true);
    JointSolution clamped = right;
    clamped.summary.x = right.summary.x.clamp(0.4, 0.6);
    certified(clamped, false);
    JointSolution outside = right;  // raises D above P, or breaks the ball
    outside.dual = right.dual.clone();
    outside.dual.h.mul_(1.01);
    certified(outside, false);
    JointSolution hasty = JointProx(data, tv, {.max_iterations = 1}).solve_from(u, kGamma);
    hasty.summary.why = SolveSummary::Why::converged, hasty.summary.residual = 1e-9;
    certified(hasty, false);
    JointSolution unfinished = right;
    unfinished.summary.why = SolveSummary::Why::iteration_limit;
    certified(unfinished, false);
  }
}

// An envelope that promises too much puts D above P.
BOOST_AUTO_TEST_CASE(overpromised_bounds_are_caught) {
  const JointProx prox(data_of(Planted::Defect::small_factors), TotalVariation(1, 1, 2),
                       {.tolerance = 1e-5, .max_iterations = 2000});
  check(joint_prox_certificate(prox, centre(3), kGamma, Rng(5)), false);
}

BOOST_AUTO_TEST_SUITE_END()
