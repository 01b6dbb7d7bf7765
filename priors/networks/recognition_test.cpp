#include "priors/networks/recognition.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "priors/networks/loading.hpp"

BOOST_AUTO_TEST_SUITE(recognition)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

/// A network of two matrices, with a naming of its own and one below "net.".
class Pair final : public Network {
 public:
  explicit Pair(std::int64_t width, const Weights& weights)
      : a_(weights["a"].take("weight", {width, 2})), b_(weights["b"].take("weight", {width})) {}
  NamedTensors run(const NamedTensors& inputs) const override { return inputs; }
  std::vector<std::string> blocks() const override { return {}; }
  NamedTensors run_block(const std::string&, const NamedTensors&) const override { return {}; }
  Tensor a_, b_;
};

Naming after(const std::string& prefix) {
  return [prefix](const std::string& name) -> StoredAs { return {prefix + name}; };
}

const Architecture& pair() {
  static const Architecture made = {
      "pair",
      "for this test",
      [](const SpecReader& config, const Weights& weights) -> std::unique_ptr<Network> {
        return std::make_unique<Pair>(
            config.integer("width", {.doc = "of it", .fallback = 3, .low = 1, .high = 100}),
            weights);
      },
      {{"own", after(""), "a.weight"}, {"other", after("net."), "net.a.weight"}}};
  return made;
}

const std::vector<NetworkEntry>& pairs() {
  static const std::vector<NetworkEntry> table = {
      {&pair(), {{"three", "{}"}, {"five", R"({"width": 5})"}}, [](const std::string& key) {
         return key == "position_ids";
       }}};
  return table;
}

TensorList listed(const Architecture& architecture, const std::string& config,
                  const Naming& naming) {
  WeightList list;
  architecture.build(SpecReader(Json::parse(config)), Weights(list));
  return in_naming(list.tensors(), naming);
}

TensorList below(const TensorList& tensors, const std::string& prefix) {
  TensorList out;
  for (const auto& [name, shape] : tensors) out[prefix + name] = shape;
  return out;
}

void join(TensorList& all, const TensorList& more) { all.insert(more.begin(), more.end()); }

}  // namespace

BOOST_AUTO_TEST_CASE(every_published_network_in_every_naming) {
  int published = 0;
  for (const NetworkEntry& entry : network_table())
    for (const PublishedNetwork& one : entry.published)
      for (const NamingScheme& scheme : entry.architecture->schemes)
        BOOST_TEST_CONTEXT(one.title << " " << scheme.name) {
          const TensorList tensors = listed(*entry.architecture, one.config, scheme.naming);
          const auto found = recognise(tensors);
          BOOST_REQUIRE(found.size() == 1u);
          BOOST_TEST(found[0].title == one.title);
          BOOST_TEST(found[0].scheme == scheme.name);
          BOOST_TEST(found[0].key == "");
          BOOST_TEST(found[0].differences.none(), found[0].differences.words());
          const std::string name = published_listing(listing_digest(tensors));
          published += !name.empty();
          BOOST_TEST((name.empty() || name.rfind(one.title + ", ", 0) == 0));
        }
  BOOST_TEST(published == 11);  // all listings of the reference programs are met
}

BOOST_AUTO_TEST_CASE(several_networks_in_one_file) {
  TensorList all;
  for (const char* name : {"sdxl_unet", "sdxl_vae", "clip_l", "clip_bigg"}) {
    const NetworkEntry& entry = find_network(name);
    for (const NamingScheme& scheme : entry.architecture->schemes)
      if (scheme.name == "single_file") join(all, listed(*entry.architecture, "{}", scheme.naming));
  }
  all["conditioner.embedders.1.model.logit_scale"] = {};
  const auto found = recognise(all);
  BOOST_TEST(found.size() == 4u);
  for (const Recognised& network : found) {
    BOOST_TEST(network.scheme == "single_file");
    BOOST_TEST(network.differences.none(), network.title << network.differences.words());
  }
}

BOOST_AUTO_TEST_CASE(the_nearest_configuration_is_named) {
  const auto at = [](const TensorList& tensors) { return recognise(tensors, pairs()).at(0); };
  BOOST_TEST(at({{"a.weight", {3, 2}}, {"b.weight", {3}}}).title == "three");
  BOOST_TEST(at({{"a.weight", {5, 2}}, {"b.weight", {5}}}).title == "five");
  BOOST_TEST(at({{"net.a.weight", {5, 2}}, {"net.b.weight", {5}}}).scheme == "other");
  BOOST_TEST(
      at({{"a.weight", {3, 2}}, {"b.weight", {3}}, {"position_ids", {1}}}).differences.none());
  const Recognised nearly = at({{"a.weight", {5, 2}}, {"b.weight", {4}}, {"c", {1}}});
  BOOST_TEST(nearly.title == "five");
  BOOST_TEST(
      (nearly.differences.misshapen == std::vector<std::string>{"b.weight expected [5] got [4]"}));
  BOOST_TEST((nearly.differences.unexpected == std::vector<std::string>{"c"}));
  const Recognised lacking = at({{"a.weight", {3, 2}}});
  BOOST_TEST((lacking.differences.missing == std::vector<std::string>{"b.weight"}));
  BOOST_TEST(recognise({{"b.weight", {3}}}, pairs()).empty());
}

BOOST_AUTO_TEST_CASE(networks_in_dictionaries) {
  const TensorList own = {{"a.weight", {3, 2}}, {"b.weight", {3}}};
  TensorList file = below(own, "generator.net.");
  join(file, below(own, "critic."));
  const auto found = recognise(file, pairs());
  BOOST_REQUIRE(found.size() == 2u);
  BOOST_TEST(found[0].key == "critic");
  BOOST_TEST(found[0].scheme == "own");
  BOOST_TEST(found[1].key == "generator");
  BOOST_TEST(found[1].scheme == "other");
  for (const Recognised& network : found) BOOST_TEST(network.differences.none());
}

BOOST_AUTO_TEST_CASE(loading_says_where_the_weights_are) {
  Checkpoint checkpoint{
      .path = "f.pt",
      .tensors = {{"generator.a.weight", at::ones({3, 2})}, {"generator.b.weight", at::ones({3})}}};
  const auto build = [](const Weights& weights) { return std::make_unique<Pair>(3, weights); };
  const auto load = [&] { return build_from(checkpoint, pairs()[0], {at::kDouble}, build); };
  BOOST_CHECK_EXCEPTION(load(), IoError, [](const IoError& error) {
    const std::string message = error.what();
    return message.rfind("f.pt: not the weights of pair", 0) == 0 &&
           message.find("below the key \"generator\"") != std::string::npos;
  });
  checkpoint.tensors = {{"net.a.weight", at::ones({3, 2})},
                        {"net.b.weight", at::ones({3})},
                        {"elsewhere", at::ones({1})}};
  const auto network = load();
  BOOST_TEST(network->a_.scalar_type() == at::kDouble);
  checkpoint.tensors["net.c"] = at::ones({1});
  BOOST_CHECK_EXCEPTION(load(), IoError, [](const IoError& error) {
    return std::string(error.what()).find("unexpected (1): net.c") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(names) {
  BOOST_TEST(find_network("wan_vae").architecture->name == "wan_vae");
  BOOST_CHECK_THROW(find_network("wan"), NotSupportedError);
}

BOOST_AUTO_TEST_SUITE_END()
