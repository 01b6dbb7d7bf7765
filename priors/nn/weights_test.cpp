#include "priors/nn/weights.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(weights)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

// Two linear maps and a gain, as a network would ask for them.
std::vector<Tensor> build(const Weights& weights) {
  return {weights["blocks"][0].take("a", {2, 3}), weights["blocks"][0].take("b", {2, 3}),
          weights["norm"].take("weight", {4})};
}

// A file that keeps a and b as one tensor and calls the gain "g".
StoredAs joined(const std::string& name) {
  if (name == "norm.weight") return {"g"};
  return {"ab", StoredAs::Form::same, name.back() == 'b', 2};
}

}  // namespace

BOOST_AUTO_TEST_CASE(lists_what_a_network_asks_for) {
  WeightList list;
  build(Weights(list));
  BOOST_CHECK_EQUAL(canonical_listing(list.tensors()),
                    "blocks.0.a\t2x3\nblocks.0.b\t2x3\nnorm.weight\t4\n");
  BOOST_CHECK_EQUAL(canonical_listing(in_naming(list.tensors(), joined)), "ab\t4x3\ng\t4\n");
  BOOST_CHECK_THROW(build(Weights(list)), ShapeError);
}

BOOST_AUTO_TEST_CASE(random_weights_depend_on_seed_and_name_alone) {
  RandomWeights first(Rng(1), {}), second(Rng(1), {}), other(Rng(2), {});
  const Tensor a = first.take("a.weight", {64, 16, 3, 3});
  second.take("b.weight", {5});
  BOOST_CHECK(at::equal(second.take("a.weight", {64, 16, 3, 3}), a));
  BOOST_CHECK(!at::equal(other.take("a.weight", {64, 16, 3, 3}), a));
  BOOST_CHECK_CLOSE(a.square().mean().item<double>(), 1. / (16 * 9), 10);
  BOOST_CHECK_CLOSE(first.take("norm.weight", {1000}).mean().item<double>(), 1, 2);
  BOOST_CHECK_SMALL(first.take("norm.bias", {1000}).mean().item<double>(), 0.02);
}

BOOST_AUTO_TEST_CASE(reads_joined_flattened_and_transposed_tensors) {
  const Tensor ab = at::arange(12, at::kDouble).view({4, 3});
  const NamedTensors file = {{"ab", ab}, {"g", at::ones({4})}};
  StoredWeights stored(file, "f", joined, {at::kDouble});
  const auto tensors = build(Weights(stored));
  stored.finish();
  BOOST_CHECK(at::equal(tensors[0], ab.narrow(0, 0, 2)));
  BOOST_CHECK(at::equal(tensors[1], ab.narrow(0, 2, 2)));
  BOOST_CHECK(tensors[2].scalar_type() == at::kDouble);

  const Tensor matrix = at::arange(6, at::kDouble).view({2, 3});
  const NamedTensors forms = {{"t", matrix.t().contiguous()}, {"f", matrix.view({2, 3, 1, 1})}};
  StoredWeights other(
      forms, "f",
      [](const std::string& name) -> StoredAs {
        return {name, name == "t" ? StoredAs::Form::transposed : StoredAs::Form::flattened};
      },
      {at::kDouble});
  BOOST_CHECK(at::equal(Weights(other).take("t", {2, 3}), matrix));
  BOOST_CHECK(at::equal(Weights(other).take("f", {2, 3}), matrix));
}

BOOST_AUTO_TEST_CASE(what_is_stored_in_a_naming_is_read_from_it) {
  const auto naming = [](const std::string& name) -> StoredAs {
    if (name == "t") return {"T", StoredAs::Form::transposed};
    if (name == "f") return {"F", StoredAs::Form::flattened};
    return {"ab", StoredAs::Form::same, name == "b", 2};
  };
  const Rng rng(9);
  const NamedTensors tensors = {{"a", rng.fork("a").normal({2, 3}, {})},
                                {"b", rng.fork("b").normal({2, 3}, {})},
                                {"f", rng.fork("f").normal({4, 3}, {})},
                                {"t", rng.fork("t").normal({5, 3}, {})}};
  const NamedTensors file = stored_in(tensors, naming);
  BOOST_TEST(file.size() == 3u);
  BOOST_CHECK(shape_of(file.at("ab")) == Shape({4, 3}));
  BOOST_CHECK(shape_of(file.at("F")) == Shape({4, 3, 1, 1}));
  BOOST_CHECK(shape_of(file.at("T")) == Shape({3, 5}));
  StoredWeights stored(file, "f", naming, {});
  for (const auto& [name, tensor] : tensors)
    BOOST_CHECK(at::equal(stored.take(name, shape_of(tensor)), tensor));
  stored.finish();
  BOOST_CHECK_THROW(stored_in({{"b", at::ones({2, 3})}}, naming), ShapeError);
}

BOOST_AUTO_TEST_CASE(one_error_lists_all_that_is_wrong) {
  const NamedTensors file = {{"g", at::ones({5})}, {"x", at::ones({1})}, {"y", at::ones({1})}};
  StoredWeights stored(file, "some.file", joined, {});
  build(Weights(stored));
  BOOST_CHECK_EXCEPTION(stored.finish([](const std::string& key) { return key == "y"; }), IoError,
                        [](const IoError& error) {
                          return std::string(error.what()) ==
                                 "some.file: not the weights of this network\n  missing (1): ab\n"
                                 "  misshapen (1): g expected [4] got [5]\n  unexpected (1): x";
                        });
}

BOOST_AUTO_TEST_CASE(a_network_knows_its_part_of_a_file) {
  const NamedTensors file = {{"net.ab", at::ones({4, 3})}, {"net.g", at::ones({4})}};
  StoredWeights stored(
      file, "f",
      [](const std::string& name) {
        StoredAs as = joined(name);
        as.key = "net." + as.key;
        return as;
      },
      {});
  BOOST_CHECK_EQUAL(stored.prefix(), "");
  build(Weights(stored));
  BOOST_CHECK_EQUAL(stored.prefix(), "net.");
  BOOST_CHECK(stored.differences().none());
  BOOST_CHECK(stored.asked_for("net.g") && !stored.asked_for("g"));
}

BOOST_AUTO_TEST_SUITE_END()
