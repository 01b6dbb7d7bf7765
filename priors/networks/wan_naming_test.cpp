#include "priors/networks/wan_naming.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/sha256.hpp"
#include "network_fixture.hpp"
#include "priors/networks/umt5_encoder.hpp"
#include "priors/networks/wan_transformer.hpp"
#include "priors/networks/wan_vae.hpp"

// The networks list their tensors, each naming scheme names them: the listing must be that of the
// published files.
BOOST_AUTO_TEST_SUITE(wan_naming)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

struct Published {
  const char* scheme;
  const char* digest;  // SHA-256 of the canonical listing of the published file
};

void check(const Architecture& architecture, std::int64_t parameters,
           const std::vector<Published>& published) {
  const TensorList tensors = fixtures::published(architecture);
  BOOST_CHECK_EQUAL(fixtures::parameters(tensors), parameters);
  for (const auto& [name, digest] : published) {
    const auto scheme =
        std::find_if(architecture.schemes.begin(), architecture.schemes.end(),
                     [name = name](const NamingScheme& s) { return s.name == name; });
    BOOST_REQUIRE(scheme != architecture.schemes.end());
    const TensorList named = in_naming(tensors, scheme->naming);
    const std::string listing = canonical_listing(named);
    BOOST_CHECK_EQUAL(Sha256().update(listing.data(), listing.size()).hex(), digest);
    BOOST_CHECK_EQUAL(named.size(), tensors.size());
    for (const NamingScheme& other : architecture.schemes)
      BOOST_CHECK_EQUAL(named.count(other.telltale), other.name == name);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(transformer) {
  check(wan_transformer_architecture(), 1418996800,
        {{"original", "aadc8fce4a4472a32436bb2bfb42525e6ed9d8d53784a5f087ad354eaa1bd8af"},
         {"causvid", "669bc0eeea40178992225df63c666f359ae5cf6174603999835fa63ee5945133"},
         {"diffusers", "09694f78f8d51f3100f85554eb2057391e758e5e9c85a83c47fd271dd430623d"}});
}

BOOST_AUTO_TEST_CASE(autoencoder) {
  check(wan_vae_architecture(), 126892531,
        {{"original", "aca1fde8a2200c69e6ee8cf7236104286096bfb0079acfecc9c417d29f4dbbed"},
         {"diffusers", "42f0ba53e287fca3887da35ccb68b75056aca67714b07c3e135315c877970ade"}});
}

BOOST_AUTO_TEST_CASE(text_encoder) {
  check(umt5_encoder_architecture(), 5680910336,
        {{"original", "53b38a795ce4e54c1174bba2ce21d04e12ca6757af493b3f2f27f28e611450c5"},
         {"transformers", "fe0a4fdc202d486d06f3c70897cc520123a8dd571daf14d5bb0e92589ed383eb"}});
}

BOOST_AUTO_TEST_SUITE_END()
