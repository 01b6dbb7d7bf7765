#include "lvtino/start.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "dense.hpp"
#include "lvtino/core/npy.hpp"
#include "lvtino/interpolation.hpp"
#include "lvtino/plan.hpp"

BOOST_AUTO_TEST_SUITE(start)

using namespace lvtino;
namespace fs = std::filesystem;

namespace {

const Shape kDomain = {1, 3, 5, 16, 24};

Json base(const Json& start) {
  Json out = Json::parse(R"({
    "operator": {"type": "compose", "operators": [{"type": "temporal_average", "factor": 4},
                                                  {"type": "spatial_decimation", "factor": 4}]},
    "noise": {"sigma": 0.01},
    "sampler": {"steps": [{"delta": 0.1}]}
  })");
  if (!start.is_null()) out["start"] = start;
  return out;
}

Plan read(const Json& start, const Shape& domain = kDomain, Json* resolved = nullptr) {
  const SpecReader reader(base(start));
  Plan plan = read_plan(reader, domain, dense::kExact);
  reader.finish();
  if (resolved) *resolved = reader.resolved();
  return plan;
}

std::string pointer_of_failure(const Json& start) {
  try {
    read(start);
  } catch (const SpecError& error) {
    return error.pointer();
  }
  return "no failure";
}

Tensor measured(const Plan& plan) {
  return plan.noise->draw(plan.op->apply(Rng(1).uniform(kDomain, dense::kExact)), Rng(2));
}

}  // namespace

BOOST_AUTO_TEST_CASE(left_out_it_is_the_pseudo_inverse) {
  const Plan plan = read(nullptr);
  const Tensor y = measured(plan);
  BOOST_TEST(plan.first->is_models_own());
  BOOST_TEST(at::equal(plan.first->first(*plan.model, y).x, pseudo_inverse(*plan.op, y, 1e-3)));
  const Plan cut = read({{"type", "pseudo_inverse"}, {"cutoff", 0.5}});
  BOOST_TEST(at::equal(cut.first->first(*cut.model, y).x, pseudo_inverse(*cut.op, y, 0.5)));
}

// (I + w A'A) x = level + w A'y.
BOOST_AUTO_TEST_CASE(tikhonov_solves_its_equation) {
  for (const double level : {0.0, 0.5}) {
    const Plan plan = read({{"type", "tikhonov"}, {"weight", 30}, {"level", level}});
    const Tensor y = measured(plan);
    const SolveSummary found = plan.first->first(*plan.model, y);
    BOOST_TEST((found.why == SolveSummary::Why::exact));
    const Tensor gradient = plan.op->adjoint_add(found.x - level, 30, plan.op->apply(found.x) - y);
    BOOST_TEST(l2_norm(gradient) < 1e-11 * l2_norm(y));
  }
  const Plan plan = read({{"type", "tikhonov"}, {"weight", 1e9}, {"clamp", {0.4, 0.5}}});
  const Tensor x = plan.first->first(*plan.model, measured(plan)).x;
  BOOST_TEST(at::min(x).item<double>() == 0.4);
  BOOST_TEST(at::max(x).item<double>() == 0.5);
}

BOOST_AUTO_TEST_CASE(rounded_arithmetic_is_near_the_exact_one_and_not_it) {
  const Plan exact = read({{"type", "tikhonov"}, {"level", 0}}),
             narrow = read({{"type", "tikhonov"}, {"level", 0}, {"arithmetic", "bfloat16"}});
  const Tensor y = measured(exact);
  const Tensor a = exact.first->first(*exact.model, y).x,
               b = narrow.first->first(*narrow.model, y).x;
  BOOST_TEST(l2_norm(a - b) < 0.1 * l2_norm(a));
  BOOST_TEST(l2_norm(a - b) > 1e-3 * l2_norm(a));
  BOOST_TEST(l2_norm(a - rounded_tikhonov(*exact.op, y, 200, Rounding::none).x) <
             1e-6 * l2_norm(a));
}

BOOST_AUTO_TEST_CASE(interpolation_repeats_or_joins_frames) {
  const Plan joined = read({{"type", "interpolation"}}),
             repeated = read({{"type", "interpolation"}, {"time", "repeat"}});
  const auto a = std::dynamic_pointer_cast<const SeparableOperator>(joined.op);
  const Tensor y = measured(joined);
  BOOST_TEST(
      at::equal(repeated.first->first(*repeated.model, y).x, interpolate_measurement(*a, y)));
  const Tensor x = joined.first->first(*joined.model, y).x;
  BOOST_TEST(at::equal(x.select(2, 0), x.select(2, 1)));  // before the first centre, frame 1.5
  BOOST_TEST(!at::equal(x.select(2, 2), x.select(2, 3)));
}

BOOST_AUTO_TEST_CASE(a_video_from_a_file_is_held_to_its_digest) {
  const Tensor frames = Rng(4).uniform(kDomain, {});
  const std::string path =
      (fs::temp_directory_path() / text("lvtino_start_test_", ::getpid(), ".npy")).string();
  write_npy(path, frames);
  Json start = {{"type", "file"}, {"source", {{"type", "file"}, {"path", path}}}};
  Json resolved;
  const Plan plan = read(start, kDomain, &resolved);
  BOOST_TEST(at::equal(plan.first->first(*plan.model, measured(plan)).x, frames.to(at::kDouble)));
  BOOST_TEST((resolved["start"]["sha256"] == digest(frames)));
  start["sha256"] = digest(frames);
  read(start);
  start["sha256"] = std::string(64, '0');
  BOOST_TEST(pointer_of_failure(start) == "/start/sha256");
  start.erase("sha256");
  write_npy(path, frames.narrow(2, 0, 4).contiguous());
  BOOST_TEST(pointer_of_failure(start) == "/start/source");
  fs::remove(path);
}

BOOST_AUTO_TEST_CASE(faulty_starts_are_named) {
  BOOST_TEST(pointer_of_failure({{"type", "zeros"}}) == "/start/type");
  BOOST_TEST(pointer_of_failure({{"type", "tikhonov"}, {"weight", 0}}) == "/start/weight");
  BOOST_TEST(pointer_of_failure({{"type", "tikhonov"}, {"clamp", {1, 0}}}) == "/start/clamp");
  BOOST_TEST(pointer_of_failure({{"type", "tikhonov"}, {"clamp", {1}}}) == "/start/clamp");
  BOOST_TEST(pointer_of_failure({{"type", "tikhonov"}, {"arithmetic", "bfloat16"}}) ==
             "/start/level");
  BOOST_TEST(pointer_of_failure({{"type", "interpolation"}, {"space", "sinc"}}) == "/start/space");
  Json document = base({{"type", "interpolation"}});
  document["operator"] = {{"type", "mask"}, {"keep", 0.5}};
  try {
    read_plan(SpecReader(document), kDomain, dense::kExact);
    BOOST_ERROR("a mask was interpolated");
  } catch (const SpecError& error) {
    BOOST_TEST(error.pointer() == "/start/type");
  }
}

BOOST_AUTO_TEST_SUITE_END()
