#include <rapidcheck.h>

#include <boost/test/unit_test.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "dense.hpp"
#include "drawn_operators.hpp"
#include "lvtino/core/error.hpp"
#include "operators/composed_operator.hpp"
#include "operators/jpeg_codec.hpp"
#include "operators/quantizer.hpp"
#include "solvers/boxed_data.hpp"
#include "validation/composition_laws.hpp"
#include "validation/derivative_laws.hpp"
#include "validation/gamma_sweep.hpp"
#include "validation/interval_laws.hpp"
#include "validation/method_laws.hpp"
#include "validation/operator_laws.hpp"
#include "validation/prox_laws.hpp"

// One table of everything: each operator under each border rule and each prox on random shapes, of
// each law the worst that was seen, in float64. The number of shapes is rapidcheck's max_success
// (ctest: 200).
BOOST_AUTO_TEST_SUITE(law_table)

using namespace lvtino;

namespace {

const Placement& kExact = dense::kExact;

/// Files the laws of one draw and stops the draw, for rapidcheck to shrink, if one is broken.
class Table {
 public:
  void enter(const std::string& subject, const std::vector<LawReport>& laws,
             const std::string& draw) {
    std::string broken;
    for (LawReport law : laws) {
      law.witness += "; " + draw;
      if (!law.passed)
        broken += text("\n", law.law, ": ", law.residual, " of ", law.bound, ", ", law.witness);
      laws_.add(subject, std::move(law));
    }
    if (!broken.empty()) RC_FAIL(subject + broken);
  }
  const WorstLaws& laws() const { return laws_; }

 private:
  WorstLaws laws_;
};

Table table;

/// Every `step`-th call: what takes long is checked on fewer shapes, small and large ones.
class Sieve {
 public:
  explicit Sieve(int step) : step_(step) {}
  bool lets_pass() { return calls_++ % step_ == 0; }

 private:
  int step_, calls_ = 0;
};

std::string words(const DrawnOperator& drawn) {
  return text("spec ", drawn.spec.dump(), ", seed ", drawn.seed);
}

std::string subject_of(const std::string& type, const std::string& boundary) {
  return boundary == "-" ? type : type + ", " + boundary;
}

OperatorPtr make(const DrawnOperator& drawn) {
  return operator_table().make(SpecReader(drawn.spec), drawn.domain, kExact);
}

void append(std::vector<LawReport>& laws, std::vector<LawReport> more) {
  std::move(more.begin(), more.end(), std::back_inserter(laws));
}

// What a composed operator is made of, read from its spec.
std::vector<OperatorPtr> stages_of(const DrawnOperator& drawn) {
  std::vector<OperatorPtr> out;
  for (const Json& stage : drawn.spec.at("operators"))
    out.push_back(operator_table().make(SpecReader(stage),
                                        out.empty() ? drawn.domain : out.back()->range(), kExact));
  return out;
}

std::vector<LawReport> laws_of_structure(const DrawnOperator& drawn, const LinearOperator& a,
                                         const Rng& rng) {
  if (const auto* stack = dynamic_cast<const StackOperator*>(&a);
      stack && drawn.spec.at("type") == "stack")
    return {stacking(*stack, rng)};
  if (drawn.spec.at("type") != "compose") return {};
  const auto stages = stages_of(drawn);
  return {composition(a, stages, rng), associativity(stages, rng)};
}

TotalVariation drawn_variation() {
  const auto weight = [] { return *rc::gen::element(0.5, 1.0, 2.0); };
  const double h = weight(), v = weight(), t = weight();
  return TotalVariation(
      h, v, t,
      *rc::gen::element(TotalVariation::Kind::isotropic, TotalVariation::Kind::anisotropic));
}

Tensor drawn_centre(const Shape& shape, const Rng& rng) {
  return rng.fork("centre").normal(shape, kExact) * 0.2 + 0.5;
}

const ConjugateGradientOptions kFallback{.tolerance = 1e-9, .max_iterations = 3000};

std::shared_ptr<const DataProx> data_of(const DrawnOperator& drawn, double sigma, const Rng& rng,
                                        DataFallback method = DataFallback::conjugate_gradient) {
  const Tensor x = rng.fork("x").uniform(drawn.domain, kExact);
  return std::make_shared<DataProx>(simulate(make(drawn), x, sigma, rng.fork("noise")), kFallback,
                                    method);
}

}  // namespace

BOOST_AUTO_TEST_CASE(operators) {
  each_kind_of_operator([&](const std::string& type, const std::string& boundary) {
    const std::string subject = subject_of(type, boundary);
    BOOST_TEST(rc::check(subject, [&] {
      const DrawnOperator drawn = draw_operator(type, boundary);
      const OperatorPtr a = make(drawn);
      std::vector<LawReport> laws = operator_laws(*a, Rng(drawn.seed));
      append(laws, laws_of_structure(drawn, *a, Rng(drawn.seed)));
      table.enter(subject, laws, words(drawn));
    }));
  });
}

// Noisy data, a centre that is no video, six or twelve decades of gamma.
BOOST_AUTO_TEST_CASE(data_proxes) {
  each_kind_of_operator([&](const std::string& type, const std::string& boundary) {
    const std::string subject = "data prox, " + subject_of(type, boundary);
    Sieve repeated(20), iterated(10);
    BOOST_TEST(rc::check(subject, [&] {
      const DrawnOperator drawn = draw_operator(type, boundary, 6, 4);
      const Rng rng(drawn.seed);
      const double sigma = *rc::gen::element(0.01, 0.1);
      const auto data = data_of(drawn, sigma, rng);
      const Tensor v = drawn_centre(drawn.domain, rng),
                   w = rng.fork("w").normal(drawn.domain, kExact);
      const double gamma = balanced_step(*data, rng);
      std::vector<LawReport> laws = {data_prox_in_place(*data, v, gamma),
                                     envelope_value(*data, v, gamma),
                                     firm_nonexpansiveness(*data, subject, v, w, gamma)};
      if (data->exact() || iterated.lets_pass()) {
        laws.push_back(stationarity_sweep(*data, *data, v));
        laws.push_back(moreau_identity(*data, *data, v, gamma));
      }
      if (data->exact()) laws.push_back(path_sweep(*data, *data, v));
      if (repeated.lets_pass())
        laws.push_back(repeated_measurement(data->measurement().op, sigma, gamma, rng));
      table.enter(subject, laws, text("sigma ", sigma, ", ", words(drawn)));
    }));
  });
}

BOOST_AUTO_TEST_CASE(joint_proxes) {
  const JointProxOptions options{.tolerance = 1e-4, .max_iterations = 20000};
  each_kind_of_operator([&](const std::string& type, const std::string& boundary) {
    Sieve methods(10), decades(40);
    BOOST_TEST(rc::check(type + ", " + boundary, [&] {
      const DrawnOperator drawn = draw_operator(type, boundary, 5, 3);
      const TotalVariation tv = drawn_variation();
      const double sigma = *rc::gen::element(0.05, 0.1),
                   gamma = sigma * sigma * *rc::gen::element(0.1, 1.0, 10.0);
      const bool all = methods.lets_pass(), far = decades.lets_pass();
      if (!all && !far) return;
      const Rng rng(drawn.seed);
      const auto data = data_of(drawn, sigma, rng);
      const Tensor u = drawn_centre(drawn.domain, rng);
      const std::string subject = "joint prox, " + subject_of(type, boundary);
      const std::string draw = text("sigma ", sigma, ", ", words(drawn));
      if (all)
        for (LawReport& law : joint_method_laws(data, tv, options, 1e-2, u, gamma, rng)) {
          const std::string method = law.subject.substr(law.subject.rfind(", ") + 2);
          table.enter("joint prox by " + method, {law}, draw);
        }
      if (far)
        table.enter(
            subject,
            {certificate_sweep(JointProx(data, tv, {.tolerance = 1e-3, .max_iterations = 50000}), u,
                               sigma * sigma, rng)},
            draw);
    }));
  });
}

BOOST_AUTO_TEST_CASE(proxes_of_total_variation_alone) {
  Sieve decades(10);
  BOOST_TEST(rc::check("total variation", [&] {
    const Shape domain = {drawn(1, 2), drawn(1, 3), drawn(1, 4), drawn(1, 8), drawn(1, 8)};
    const TotalVariation tv = drawn_variation();
    // (Where total variation flattens everything Adam does not get near; the decades below have
    // that.)
    const double gamma = *rc::gen::element(0.003, 0.01, 0.03);
    const Rng rng(std::uint64_t(drawn(0, 1 << 20)));
    const Tensor u = drawn_centre(domain, rng), w = rng.fork("w").normal(domain, kExact);
    const JointProxOptions options{.tolerance = 1e-4, .max_iterations = 20000};
    std::vector<LawReport> laws = joint_method_laws(nullptr, tv, options, 1e-2, u, gamma, rng);
    for (LawReport& law : laws)
      table.enter("total variation" + law.subject.substr(law.subject.find(',')), {law}, "");
    if (decades.lets_pass())
      table.enter(
          "total variation",
          {certificate_sweep(JointProx(nullptr, tv, {.tolerance = 1e-3, .max_iterations = 50000}),
                             u, 0.01, rng)},
          "");
  }));
}

// Read-outs of random operators, JPEG pictures of whole and of padded blocks, with and without
// noise.
BOOST_AUTO_TEST_CASE(proxes_of_intervals) {
  // A strip of few pixels is padded so often that its blocks are badly conditioned: many cheap
  // iterations.
  const IntervalProjectionOptions patience{.max_iterations = 100000};
  const auto laws_of = [&](const std::string& name, const Intervals& set, const Rng& rng) {
    const double sigma = *rc::gen::element(0.0, 0.05);
    const auto term =
        std::make_shared<IntervalTerm>(name, make_interval_projector(set, patience), sigma);
    const JointProx joint(term, TotalVariation(0.2, 0.2, 0.2),
                          {.tolerance = 1e-3, .max_iterations = 5000});
    return interval_laws(*term, joint, 0.05, rng);
  };
  for (const std::string type : {"identity", "mask", "frame_dropping", "spatial_decimation"}) {
    Sieve sieve(10);
    BOOST_TEST(rc::check("intervals of " + type, [&] {
      const DrawnOperator drawn = draw_operator(type, "reflect", 6, 3);
      const int bits = *rc::gen::element(1, 3, 8);
      if (!sieve.lets_pass()) return;
      const OperatorPtr a = make(drawn);
      const Rng rng(drawn.seed);
      const Quantizer quantizer(a, linear_curve(),
                                {.step = 1 / (std::pow(2.0, bits) - 1), .saturates = true});
      const Tensor y = quantizer.apply(rng.fork("x").uniform(drawn.domain, kExact) * 1.2 - 0.1);
      table.enter("intervals of " + type, laws_of(type, quantizer.intervals(y), rng),
                  text("bits ", bits, ", ", words(drawn)));
    }));
  }
  for (const std::string sampling : {"444", "422", "420"}) {
    Sieve sieve(20);
    BOOST_TEST(rc::check("JPEG " + sampling, [&] {
      const bool whole = *rc::gen::arbitrary<bool>();
      const std::int64_t height = whole ? 16 : lvtino::drawn(1, 20),
                         width = whole ? 16 : lvtino::drawn(1, 20);
      const int quality = int(lvtino::drawn(1, 100));
      const Rng rng(std::uint64_t(lvtino::drawn(0, 1 << 20)));
      if (!sieve.lets_pass()) return;
      const Shape domain = {1, 3, 1, height, width};
      const auto transform = std::make_shared<JpegTransform>(
          domain, kExact, JpegLayout(height, width, JpegColor::ycc, jpeg_factors(sampling)));
      const JpegCodec codec(transform, standard_steps(*transform, quality));
      const Tensor levels = codec.encode(rng.fork("x").uniform(domain, kExact));
      table.enter("intervals of JPEG " + sampling, laws_of("JPEG", codec.intervals(levels), rng),
                  text("quality ", quality));
    }));
  }
}

BOOST_AUTO_TEST_CASE(proxes_in_a_box) {
  for (const std::string type : {"mask", "spatial_decimation", "psf"})
    for (const JointMethod method : {JointMethod::chambolle_pock, JointMethod::fista}) {
      const std::string subject = text(type, " in a box, ", to_string(method));
      Sieve sieve(10);
      BOOST_TEST(rc::check(subject, [&] {
        const DrawnOperator drawn = draw_operator(type, "reflect", 5, 3);
        if (!sieve.lets_pass()) return;
        const Rng rng(drawn.seed);
        const auto data = data_of(drawn, 0.1, rng);
        JointProxOptions options{.tolerance = 1e-4, .max_iterations = 20000};
        options.method = method;
        options.box = Box{0.3, 0.7};
        const Tensor u = drawn_centre(drawn.domain, rng);
        table.enter(
            subject,
            {joint_prox_certificate(JointProx(data, drawn_variation(), options), u, 0.01, rng)},
            words(drawn));
      }));
    }
}

BOOST_AUTO_TEST_CASE(derivatives) {
  const std::pair<const char*, std::shared_ptr<const ToneCurve>> curves[] = {
      {"linear", linear_curve()},
      {"gamma", gamma_curve(2.2)},
      {"shoulder", shoulder_curve(0.6)},
      {"clipping", clipping_curve()}};
  for (const auto& [name, curve] : curves)
    for (const std::string type : {"identity", "temporal_average", "spatial_decimation", "psf"}) {
      const std::string subject = text(name, " after ", type);
      BOOST_TEST(rc::check(subject, [&] {
        const DrawnOperator drawn = draw_operator(type, "reflect", 12, 5);
        const Rng rng(drawn.seed);
        const OperatorPtr a = make(drawn);
        const Tensor x = rng.fork("x").uniform(drawn.domain, kExact) * 1.6 -
                         0.3;  // saturated and negative ones too
        table.enter(subject, derivative_laws(CurvedModel(subject, a, curve), x, rng), words(drawn));
        if (type == "identity")
          table.enter(text("read-out, ", name),
                      derivative_laws(Quantizer(a, curve, {.step = 0, .saturates = true}), x, rng),
                      words(drawn));
      }));
    }
}

// Of what the cases above entered.
BOOST_AUTO_TEST_CASE(the_table) {
  const std::vector<LawReport> rows = table.laws().rows();
  print_laws(std::cout, rows);
  std::cout << rows.size() << " rows, " << table.laws().failures() << " failures\n";
  BOOST_TEST(table.laws().failures() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
