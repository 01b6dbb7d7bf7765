// The defects B1 to B7 of the published code, as the specs of examples/official reproduce them,
// against values worked out by hand; and that the default, Algorithm 1, has none of them.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "dense.hpp"
#include "lvtino/interpolation.hpp"
#include "lvtino/parts.hpp"
#include "lvtino/plan.hpp"
#include "lvtino/spec_file.hpp"
#include "operators/axis_maps.hpp"
#include "priors/gaussian_model.hpp"
#include "solvers/fixed_conjugate_gradient.hpp"
#include "solvers/interval_term.hpp"
#include "solvers/tv_least_squares.hpp"

BOOST_AUTO_TEST_SUITE(official)

using namespace lvtino;
namespace tt = boost::test_tools;

namespace {

Json official(const std::string& name) {
  return load_spec(LVTINO_SOURCE_DIR "/examples/official/" + name + ".json").document;
}

// The same problem as the toolkit does it by default: no start, no parts, noise as it is.
Json plain(Json document) {
  document["preset"] = "paper";
  document.erase("start");
  document["noise"] = {{"type", "gaussian"}, {"sigma", 0.001}};
  document["sampler"] = Json::object();
  return with_preset(document, ".");
}

Plan read(const Json& document, const Shape& domain, const Placement& placement = dense::kExact) {
  const SpecReader reader(document);
  reader.leave({"name", "title", "preset", "seed", "clips"});
  Plan plan = read_plan(reader, domain, placement);
  reader.finish();
  return plan;
}

Tensor start(const Plan& plan, const Tensor& y) { return plan.first->first(*plan.model, y).x; }

// Level of a frame away from the borders, where the reflection bends A'A.
double at_frame(const Tensor& x, std::int64_t t) {
  const Tensor frame =
      x.select(2, t).narrow(2, 32, x.size(3) - 64).narrow(3, 32, x.size(4) - 64).contiguous();
  BOOST_TEST(at::max(frame).item<double>() - at::min(frame).item<double>() < 0.03);  // flat
  return mean_value(frame);
}

double value_of(const Tensor& x) { return x.reshape({-1})[0].item<double>(); }

struct Recorder final : SamplerObserver {
  std::vector<TraceEntry> entries;
  std::vector<Tensor> iterates;
  void after(const TraceEntry& entry, const Tensor& x) override {
    entries.push_back(entry);
    iterates.push_back(x.clone());
  }
};

}  // namespace

// B1. What is returned is the decoded video before the last data step, in all four specs.
BOOST_AUTO_TEST_CASE(b1_the_last_data_step_is_thrown_away) {
  const Shape domain = {1, 3, 9, 32, 32};
  for (const char* name : {"problem_a", "problem_b", "problem_c", "jpeg"}) {
    const Plan plan = read(official(name), domain);
    const Tensor y = plan.model->simulate(Rng(1).uniform(domain, dense::kExact), Rng(2));
    const auto data = plan.model->data_term(y);
    const auto returned = [&](const Plan& p, Recorder& seen) {
      return Sampler(p.video, p.image, p.data_step(data), p.joint_prox(data), p.sampler)
          .run({.x = start(p, y)}, Rng(3), seen);
    };
    Recorder seen;
    const Tensor x = returned(plan, seen);
    std::size_t last_prior = 0;
    for (std::size_t i = 0; i < seen.entries.size(); ++i)
      if (seen.entries[i].part == "video prior") last_prior = i;
    BOOST_TEST(seen.entries[last_prior].step == int(plan.sampler.steps.size()) - 1);
    BOOST_TEST(at::equal(x, seen.iterates[last_prior].clamp(0, 1)), name);
    BOOST_TEST(data->misfit(x) > 1.2 * data->misfit(seen.iterates.back()), name);
  }
  Plan paper = read(plain(official("problem_b")), domain);
  const Tensor y = paper.model->simulate(Rng(1).uniform(domain, dense::kExact), Rng(2));
  Recorder seen;
  const Tensor x =
      paper.make_sampler(paper.measurement(y)).run({.x = start(paper, y)}, Rng(3), seen);
  BOOST_TEST(seen.entries.back().part == "joint prox");
  BOOST_TEST(at::equal(x, seen.iterates.back()));
}

// The whole recursion for one pixel that is measured directly, A = 1: noise off, Gaussian priors of
// mean m and variance c (latent units), so that every part is a number. Steps 0 and 1 of Problem B.
BOOST_AUTO_TEST_CASE(b1_the_recursion_of_one_pixel_by_hand) {
  Json document = official("problem_b");
  document["operator"] = {{"type", "identity"}};
  document["noise"] = {{"sigma", 0.001}};
  document["sampler"]["temperature"] = 0;
  document["sampler"]["steps"] =
      Json::parse(R"([{"t_video": 757}, {"t_video": 522, "t_image": 374}])");
  Json listed = Json::array();
  for (Json part : document["sampler"]["parts"]) {
    if (part["type"] == "rounding") continue;  // to compare to the last digits
    if (part.contains("steps")) {
      Json kept = Json::array();
      for (const Json& step : part["steps"])
        if (step < 2) kept.push_back(step);
      if (part["type"] == "output") kept = {1};
      if (kept.empty()) continue;
      part["steps"] = kept;
    }
    listed.push_back(part);
  }
  document["sampler"]["parts"] = listed;
  const Shape pixel = {1, 1, 1, 1, 1};
  const Plan plan = read(document, pixel);
  const double y = 0.3, x0 = 200 * y / 201;
  const Tensor measured = at::full(pixel, y, at::kDouble);
  BOOST_TEST(value_of(start(plan, measured)) == x0, tt::tolerance(1e-12));

  // z = 2 x - 1, z_t = signal z, f(z_t) = m + g (z_t - signal m) with g = sqrt(c/(signal^2 c +
  // noise^2)).
  const auto prior = [](const Prior& p, double x, double t) {
    const auto& law = dynamic_cast<const GaussianModel&>(p.model()).law();
    const double m = law.mean[0], c = value_of(law.variance), s = p.schedule().signal(t),
                 n = p.schedule().noise(t);
    return (m + std::sqrt(c / (s * s * c + n * n)) * s * (2 * x - 1 - m) + 1) / 2;
  };
  const auto data = [&](double x, double weight) { return (x + weight * y) / (1 + weight); };
  const auto cut = [](double x) { return std::min(1.0, std::max(0.0, x)); };
  double x = cut(data(cut(prior(*plan.video, x0, 757)), 3539));
  x = cut(data(prior(*plan.image, x, 374), 16868));
  const double decoded = cut(prior(*plan.video, x, 522)), restored = cut(data(decoded, 3539));

  Recorder seen;
  const Tensor returned =
      plan.make_sampler(plan.measurement(measured)).run({.x = start(plan, measured)}, Rng(3), seen);
  BOOST_TEST(value_of(returned) == decoded, tt::tolerance(1e-12));
  BOOST_TEST(value_of(seen.iterates.back()) == restored, tt::tolerance(1e-12));
  BOOST_TEST(std::abs(decoded - y) > 100 * std::abs(restored - y));
  // 757/1000 and 522/1000 on the grid of 1000 sigmas with shift 8.
  BOOST_TEST(plan.video->schedule().noise(757) == 0.756757, tt::tolerance(1e-5));
  BOOST_TEST(plan.video->schedule().noise(125) == 0.127886, tt::tolerance(1e-5));
}

// B2. A'A passes a constant video with gain 1/64 (1/16 for the last frame of A, whose window is one
// frame four times): drawn to black with weight 200, white comes out as 200/64 / (1 + 200/64) =
// .758, the last frame as .926.
BOOST_AUTO_TEST_CASE(b2_the_start_is_dark) {
  const Shape domain = {1, 1, 9, 96, 160};
  for (const char* name : {"problem_a", "problem_b"}) {
    Json document = official(name);
    document["start"]["arithmetic"] = "none";
    const Plan plan = read(document, domain);
    const Tensor white = at::ones(domain, at::kDouble), y = plan.op->apply(white);
    const Tensor x = start(plan, y);
    const double dark = 200.0 / 64 / (1 + 200.0 / 64), last = 200.0 / 16 / (1 + 200.0 / 16);
    for (std::int64_t t = 0; t < 8; ++t) BOOST_TEST(std::abs(at_frame(x, t) - dark) < 2e-3);
    BOOST_TEST(std::abs(at_frame(x, 8) - (name == std::string("problem_a") ? last : dark)) < 2e-3);
    BOOST_TEST(std::abs(dark - 0.758) < 5e-4);
    BOOST_TEST(std::abs(last - 0.926) < 5e-4);
    // Nothing below black is cut before -1: as 2 x - 1 the priors may see -3.
    BOOST_TEST(at::min(start(plan, at::mul(y, -2))).item<double>() == -1);
    const Plan paper = read(plain(official(name)), domain);
    const Tensor right = start(paper, y);
    for (std::int64_t t = 0; t < 9; ++t) BOOST_TEST(std::abs(at_frame(right, t) - 1) < 1e-2);
  }
}

// B3. One pixel: the equation 201 x = 200 y for y = .3, in eight significant bits. y is .30078125,
// b = 60.15625 becomes 60.25, H b = 12110.25 becomes 12096, <b, b> = 3632, <b, H b> = 729088, the
// step 163/2^15, and x = .298828125. The recursion finds that nothing is left; in truth 60.15625 -
// 201 x = .0918.
BOOST_AUTO_TEST_CASE(b3_the_start_of_problem_a_is_computed_in_bfloat16) {
  Json document = official("problem_a");
  document["operator"] = {{"type", "identity"}};
  const Shape pixel = {1, 1, 1, 1, 1};
  const Plan plan = read(document, pixel);
  const Tensor y = at::full(pixel, 0.3, at::kDouble);
  const SolveSummary found = plan.first->first(*plan.model, y);
  BOOST_TEST(value_of(found.x) == 0.298828125);
  BOOST_TEST(found.residual == 0.091796875 / 60.15625, tt::tolerance(1e-12));
  document["start"]["arithmetic"] = "none";
  const Plan exact = read(document, pixel);
  BOOST_TEST(value_of(start(exact, y)) == 200 * 0.3 / 201, tt::tolerance(1e-12));

  // On a video: the recursive residual vanishes, the true one does not.
  const Shape domain = {1, 1, 25, 48, 80};
  const Plan video = read(official("problem_a"), domain);
  const Tensor measured = video.op->apply(Rng(1).uniform(domain, dense::kExact));
  const SolveSummary narrow = rounded_tikhonov(*video.op, measured, 200, Rounding::bfloat16),
                     wide = rounded_tikhonov(*video.op, measured, 200, Rounding::none);
  BOOST_TEST((narrow.why == SolveSummary::Why::converged));
  BOOST_TEST((wide.why == SolveSummary::Why::converged));
  BOOST_TEST(wide.residual < 1e-6);
  BOOST_TEST(narrow.residual > 1e3 * wide.residual);
  const double rms = l2_norm(narrow.x - wide.x) / std::sqrt(double(narrow.x.numel()));
  BOOST_TEST(rms > 1e-3);
  BOOST_TEST(rms < 3e-2);
}

// B4. In bfloat16 most values do not notice noise of .001: unchanged are 2 Phi(h/.001) - 1 of those
// in a binade whose half step is h: .949 of [1/2, 1), .671 of [1/4, 1/2), .375, .193 ... and .705
// of [0, 1].
BOOST_AUTO_TEST_CASE(b4_the_noise_is_mostly_lost) {
  const Shape domain = {1, 3, 9, 96, 160};
  for (const char* name : {"problem_a", "problem_b"}) {
    Json document = official(name);
    document["operator"] = {{"type", "identity"}};
    const Tensor x = Rng(1).uniform(domain, dense::kExact);
    const auto unchanged = [&](const Plan& plan, const Tensor& clean) {
      const Tensor y = plan.noise->draw(clean, Rng(2));
      return double(at::eq(y, rounded(clean, Rounding::bfloat16)).sum().item<std::int64_t>()) /
             double(clean.numel());
    };
    double expected = 0;
    for (int k = 1; k < 30; ++k)
      expected += std::ldexp(std::erf(std::ldexp(1.0, -k - 8) / 0.001 / std::sqrt(2.0)), -k);
    BOOST_TEST(std::abs(expected - 0.705) < 1e-3);
    const Plan plan = read(document, domain), paper = read(plain(document), domain);
    BOOST_TEST(std::abs(unchanged(plan, x) - expected) < 5e-3);
    BOOST_TEST(std::abs(unchanged(plan, at::add(at::mul(x, 0.499), 0.5)) - 0.949) < 5e-3);
    BOOST_TEST(unchanged(paper, x) < 1e-3);
    const auto spread = [&](const Plan& p) {
      return l2_norm(p.noise->draw(x, Rng(2)) - x) / std::sqrt(double(x.numel()));
    };
    BOOST_TEST(std::abs(spread(plan) - 0.0013) < 5e-5);
    BOOST_TEST(std::abs(spread(paper) - 0.001) < 1e-5);
    BOOST_TEST(std::abs(spread(plan) - std::sqrt(plan.noise->power(x).mean_square)) < 1e-5);
  }
}

// B5. JPEG of quality 10 has steps of 80 for the mean of a luminance block, 8 times its level.
// Pixels of .3 in [0, 1] that are taken for [-1, 1] become (.3 + 1)/2 = .65, 8 (255 .65 - 128) =
// 302, level 4, 320: 168/255 = .6588, .3176 in the end. The right range gives 8 (255 .3 - 128) =
// -412, level -5, -400: 78/255 = .3059.
BOOST_AUTO_TEST_CASE(b5_jpeg_sees_half_the_contrast) {
  const Shape domain = {1, 3, 2, 16, 16};
  const Tensor grey = at::full(domain, 0.3, at::kDouble);
  const auto flat = [](const Tensor& x) {
    BOOST_TEST(at::max(x).item<double>() - at::min(x).item<double>() < 1e-9);
    return mean_value(x);
  };
  Json document = official("jpeg");
  const Plan half = read(document, domain);
  BOOST_TEST(flat(half.model->forward(grey)) == 2 * 168.0 / 255 - 1, tt::tolerance(1e-9));
  document["measurement"]["half_contrast"] = false;
  const Plan full = read(document, domain);
  BOOST_TEST(flat(full.model->forward(grey)) == 78.0 / 255, tt::tolerance(1e-9));
  // The data term judges by the full range what was made from half of it: the truth itself does not
  // fit, by
  // |.3059 - .3176| over .01.
  const auto term = half.model->data_term(half.model->forward(grey));
  BOOST_TEST(term->misfit(grey) == std::abs(78.0 / 255 - (2 * 168.0 / 255 - 1)) / 0.01,
             tt::tolerance(1e-8));
  BOOST_TEST(full.model->data_term(full.model->forward(grey))->misfit(grey) < 1e-9);
  // Noise of .01 enters where the operator says [-1, 1], and more after decoding.
  BOOST_TEST(half.model->sigma() == 0.01);
  const Tensor y = half.model->simulate(grey, Rng(1));
  BOOST_TEST(at::max(at::abs(y - half.model->forward(grey))).item<double>() > 0);
  BOOST_TEST(at::equal(rounded(y, Rounding::bfloat16), y));
  // The start: ten steps towards the decoded file from black, weight 200. The first goes to 200/201
  // (y - A(0)), A(0) = 1/255: mid-grey 127.5 of 255 is coded as 128. That is coded as y is, so that
  // the other nine only shrink it by 200/201.
  const Tensor x0 = start(half, half.model->forward(grey));
  BOOST_TEST(flat(x0) == std::pow(200.0 / 201, 10) * (2 * 168.0 / 255 - 1 - 1.0 / 255),
             tt::tolerance(1e-9));

  // By default the files say what they say: the truth explains them.
  Json ours = plain(official("jpeg"));
  ours["measurement"] = {{"type", "jpeg"}, {"quality", 10}, {"subsampling", "420"}};
  ours["noise"] = {{"sigma", 0}};
  const Plan paper = read(ours, domain);
  const Tensor x = Rng(4).uniform(domain, dense::kExact);
  const auto intervals = paper.model->data_term(paper.model->simulate(x, Rng(1)));
  BOOST_TEST(intervals->misfit(x) < 1e-9);
}

// B6. The published operator measures at 8 j + 1/2, the published start places the values at 8 j +
// 7/2: a ramp comes back three pixels late, in rows and columns.
BOOST_AUTO_TEST_CASE(b6_the_start_of_problem_c_is_three_pixels_off) {
  const Shape domain = {1, 1, 9, 128, 128};
  Json document = official("problem_c");
  const Plan plan = read(document, domain);
  const Tensor rows = at::arange(128, at::kDouble).div(256).view({1, 1, 1, 128, 1});
  const Tensor columns = at::arange(128, at::kDouble).div(512).view({1, 1, 1, 1, 128});
  const Tensor x = at::add(rows, columns).expand(domain).contiguous();
  const auto inside = [](const Tensor& v) { return v.narrow(3, 40, 48).narrow(4, 40, 48); };
  const Tensor off = inside(at::sub(start(plan, plan.op->apply(x)), x));
  const double shift = 3.0 / 256 + 3.0 / 512;
  BOOST_TEST(at::max(at::abs(at::add(off, shift))).item<double>() < 1e-10);
  document["start"]["alignment"] = "operator";
  const Plan aligned = read(document, domain);
  BOOST_TEST(
      at::max(at::abs(inside(at::sub(start(aligned, aligned.op->apply(x)), x)))).item<double>() <
      1e-10);
  // A^+ y needs no alignment: measured again it is y.
  const Plan paper = read(plain(official("problem_c")), domain);
  const Tensor y = paper.op->apply(x);
  BOOST_TEST(l2_norm(paper.op->apply(start(paper, y)) - y) < 1e-9 * l2_norm(y));
}

// B7. The total-variation step of Problem A has no proximal term. On one measured value of singular
// value s = 1/8 (4 frames and 16 pixels averaged) the part of the argument that the data contradict
// goes as r <- r - tau s^2 p, p <- (p + sigma r')/(1 + sigma): 46 % of it are left after 200
// iterations. How many there are is the weight.
BOOST_AUTO_TEST_CASE(b7_the_step_of_problem_a_works_by_stopping_early) {
  const Shape domain = {1, 1, 4, 4, 4};
  Json document = official("problem_a");
  document["operator"]["operators"][1] = {
      {"type", "spatial_decimation"}, {"factor", 4}, {"filter", "area"}, {"centre", "block"}};
  document["noise"] = {{"sigma", 0.001}};
  const Plan plan = read(document, domain);
  const Tensor x0 = at::full(domain, 0.75, at::kDouble),
               y = at::full({1, 1, 1, 1, 1}, 0.25, at::kDouble);
  BOOST_TEST(operator_norm(*plan.op) == 0.125, tt::tolerance(1e-12));
  const auto data = plan.model->data_term(y);
  const auto joint = plan.joint_prox(data);
  const auto left = [&](int iterations) {
    Json entry = {{"type", "tv_least_squares_pdhg"},
                  {"iterations", iterations},
                  {"weights", {0, 0, 1.4368945e-4}}};
    const auto part = part_table().make(SpecReader(entry));
    SamplerState state;
    TraceEntry trace;
    const Rng rng(0);
    const Tensor x = part->apply(x0, state,
                                 {.step = 0,
                                  .options = plan.sampler,
                                  .video = nullptr,
                                  .image = nullptr,
                                  .data = *data,
                                  .joint = *joint,
                                  .rng = rng},
                                 trace);
    return (value_of(plan.op->apply(x)) - 0.25) / 0.5;
  };
  const auto by_hand = [](int iterations) {
    double r = 1, before = 1, p = 0;
    for (int k = 0; k < iterations; ++k) {
      p = (p + 0.25 * (2 * r - before)) / 1.25;
      before = r;
      r -= 0.25 / 64 * p;
    }
    return r;
  };
  for (int iterations : {1, 2, 10, 200, 1000})
    BOOST_TEST(std::abs(left(iterations) - by_hand(iterations)) < 1e-12);
  BOOST_TEST(std::abs(left(200) - 0.46) < 0.01);
  BOOST_TEST(left(1000) < 0.03);
  // The part that the spec lists is the one of 200 iterations.
  int listed = 0;
  const Json published = official("problem_a");
  for (const Json& entry : published["sampler"]["parts"])
    if (entry["type"] == "tv_least_squares_pdhg") listed = entry["iterations"].get<int>();
  BOOST_TEST(listed == 200);

  // Algorithm 1 solves its step: sigma^2/(sigma^2 + gamma s^2) of it are left, and more iterations
  // change nothing.
  const Plan paper = read(plain(document), domain);
  const auto solved = [&](int iterations) {
    JointProxOptions options = paper.joint;
    options.tolerance = 1e-10, options.max_iterations = iterations;
    const JointProx prox(paper.model->data_term(y), TotalVariation(0, 0, 1), options);
    return (value_of(paper.op->apply(prox.solve(x0, 0.01).x)) - 0.25) / 0.5;
  };
  BOOST_TEST(std::abs(solved(500) - 1e-6 / (1e-6 + 0.01 / 64)) < 1e-7);  // float32
  BOOST_TEST(std::abs(solved(500) - solved(5000)) < 1e-7);
}

BOOST_AUTO_TEST_SUITE_END()
