#include "lvtino/training/trainer.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/training/examples.hpp"
#include "lvtino/training/optimizer.hpp"

BOOST_AUTO_TEST_SUITE(trainer)

using namespace lvtino;
using namespace lvtino::training;
namespace fs = std::filesystem;

namespace {

const std::string kFolder = (fs::temp_directory_path() / "lvtino_trainer_test").string();

TrainingSpec tiny(const std::string& folder, const Json& changes = Json::object()) {
  Json spec = {{"name", "tiny"},
               {"seed", 5},
               {"network", {{"widths", {6, 8}}, {"blocks", {1, 1}}, {"embedding", 8}}},
               {"noise", {{"low", 0.05}, {"high", 1}}},
               {"data",
                {{"clip", {{"frames", 4}, {"height", 24}, {"width", 24}}},
                 {"kept", 3},
                 {"crop", {{"frames", 3}, {"height", 16}, {"width", 16}}}}},
               {"teacher", {{"steps", 24}, {"examples", 2}, {"learning_rate", 0.01}}},
               {"student", {{"steps", 6}, {"examples", 1}, {"levels", 4}}},
               {"validation", {{"every", 8}, {"clips", 1}, {"sigmas", {0.2}}}},
               {"output", folder}};
  spec.merge_patch(changes);
  return read_training_spec(SpecReader(spec));
}

// Long enough to see the loss fall.
const Json kLonger = {{"teacher", {{"steps", 90}}}};

}  // namespace

BOOST_AUTO_TEST_CASE(training_lowers_the_loss_and_repeats_itself) {
  fs::remove_all(kFolder);
  const TrainingSpec spec = tiny(kFolder + "/a", kLonger);
  const Json report = train(spec, {.progress = false});
  BOOST_TEST(report["losses"].size() == 96U);
  const nn::ConsistencyNetwork untrained{spec.network, nn::pyramid_parameters(spec.network, Rng(1)),
                                         spec.range};
  const auto before =
      validate(untrained, nullptr, ExampleStream::validation(spec), {0.2}, at::kFloat);
  BOOST_TEST(report["validation"]["teacher"][0]["psnr"].get<double>() > before[0].psnr + 0.3);
  const Json again = train(tiny(kFolder + "/b", kLonger), {.progress = false});
  BOOST_TEST((again["losses"] == report["losses"]));
  BOOST_TEST(
      (read_file(kFolder + "/a/tiny.safetensors") == read_file(kFolder + "/b/tiny.safetensors")));
  BOOST_TEST((train(tiny(kFolder + "/c", {{"seed", 6}, {"teacher", {{"steps", 90}}}}), {.progress = false})["losses"] !=
              report["losses"]));
  BOOST_TEST(!fs::exists(kFolder + "/a/checkpoint.safetensors"));
}

BOOST_AUTO_TEST_CASE(a_resumed_training_is_an_uninterrupted_one) {
  const std::string whole = read_file(kFolder + "/a/tiny.safetensors");
  // Interrupted in the teacher's phase, then in the student's.
  fs::remove_all(kFolder + "/r");
  const TrainingSpec stopped = tiny(kFolder + "/r", kLonger);
  for (int last : {40, 52}) {
    int asked = 0;
    const auto stop = [&] { return ++asked > last; };
    BOOST_CHECK_THROW(train(stopped, {.resume = true, .progress = false, .interrupted = stop}),
                      Interrupted);
    BOOST_TEST(fs::exists(kFolder + "/r/checkpoint.safetensors"));
  }
  const Json report = train(stopped, {.resume = true, .progress = false});
  BOOST_TEST(report["losses"].size() == 96U);
  BOOST_TEST((read_file(kFolder + "/r/tiny.safetensors") == whole));
}

BOOST_AUTO_TEST_CASE(a_checkpoint_of_another_spec_is_refused) {
  fs::remove_all(kFolder + "/o");
  int asked = 0;
  const auto stop = [&] { return ++asked > 3; };
  BOOST_CHECK_THROW(train(tiny(kFolder + "/o"), {.progress = false, .interrupted = stop}),
                    Interrupted);
  BOOST_CHECK_THROW(train(tiny(kFolder + "/o", {{"seed", 9}}), {.resume = true, .progress = false}),
                    SpecError);
}

BOOST_AUTO_TEST_CASE(examples_do_not_depend_on_where_one_starts) {
  const TrainingSpec spec = tiny(kFolder + "/x");
  ExampleStream from_start(spec, Rng(1)), from_middle(spec, Rng(1));
  for (int step = 0; step < 9; ++step) from_start.example(step, 0);
  BOOST_TEST(at::equal(from_start.example(9, 1), from_middle.example(9, 1)));
  BOOST_TEST(!at::equal(from_start.example(9, 0), from_start.example(9, 1)));
  const Tensor z = from_middle.example(9, 0);
  BOOST_TEST((shape_of(z) == Shape{3, 3, 16, 16}));
  BOOST_TEST((z.min().item<float>() >= -1 && z.max().item<float>() <= 1));
}

BOOST_AUTO_TEST_CASE(adam_by_hand) {
  TrainingState state({{"w", at::tensor({1.0F, -2.0F})}});
  const Tensor& w = state.parameters().at("w");
  (w * at::tensor({3.0F, -4.0F})).sum().backward();  // gradient (3, -4), norm 5
  const double norm =
      state.step({.learning_rate = 0.1, .average_decay = 0.5, .longest_gradient = 1});
  BOOST_TEST(norm == 5.0);
  // The first step of Adam is the learning rate against the sign, whatever the length.
  BOOST_TEST(w[0].item<float>() == 0.9F, boost::test_tools::tolerance(1e-5F));
  BOOST_TEST(w[1].item<float>() == -1.9F, boost::test_tools::tolerance(1e-5F));
  // After one step the average's decay is 2 / 11.
  BOOST_TEST(state.average().at("w")[0].item<float>() == 1 - 0.1F * 9 / 11,
             boost::test_tools::tolerance(1e-5F));
  BOOST_TEST(!w.grad().defined());
}

BOOST_AUTO_TEST_CASE(impossible_specs_are_told) {
  BOOST_CHECK_THROW(tiny("x", {{"network", {{"blocks", {1}}}}}), SpecError);
  BOOST_CHECK_THROW(tiny("x", {{"data", {{"crop", {{"height", 18}}}}}}), SpecError);
  BOOST_CHECK_THROW(tiny("x", {{"data", {{"crop", {{"frames", 5}}}}}}), SpecError);
  BOOST_CHECK_THROW(tiny("x", {{"data", {{"crop", {{"height", 32}}}}}}), SpecError);
  BOOST_CHECK_THROW(tiny("x", {{"unknown", 1}}), SpecError);
  const TrainingSpec nowhere = tiny("x", {{"data", {{"folder", kFolder + "/not_there"}}}});
  BOOST_CHECK_THROW(ExampleStream(nowhere, Rng(1)), IoError);
}

BOOST_AUTO_TEST_SUITE_END()
