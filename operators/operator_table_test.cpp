#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "operators/table.hpp"

BOOST_AUTO_TEST_SUITE(operator_table)

using namespace lvtino;

namespace {

const Shape kDomain = {1, 3, 8, 16, 12};

OperatorPtr made(const SpecReader& reader, const Shape& domain = kDomain,
                 const Placement& placement = dense::kExact) {
  OperatorPtr a = lvtino::operator_table().make(reader, domain, placement);
  reader.finish();
  return a;
}

OperatorPtr made(const Json& spec) { return made(SpecReader(spec)); }

bool equal(const LinearOperator& a, const LinearOperator& b) {
  const Tensor x = Rng(1).normal(a.domain(), a.placement());
  return a.domain() == b.domain() && a.range() == b.range() && at::equal(a.apply(x), b.apply(x));
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_example_builds) {
  BOOST_TEST(!lvtino::operator_table().entries().empty());
  for (const auto& entry : lvtino::operator_table().entries()) {
    BOOST_TEST_CONTEXT(entry.name) {
      BOOST_TEST(!entry.summary.empty());
      const Json spec = parse_json(entry.example, entry.name);
      BOOST_TEST(spec.at("type") == entry.name);
      for (const auto dtype : {at::kFloat, at::kDouble}) {
        const OperatorPtr a = made(SpecReader(spec), kDomain, {dtype, at::kCPU});
        BOOST_TEST((a->domain() == kDomain));
        BOOST_TEST((shape_of(a->apply(at::ones(kDomain, dtype))) == a->range()));
      }
    }
  }
}

// What a report records is enough to make the operator again, defaults and all.
BOOST_AUTO_TEST_CASE(resolved_specs_build_the_same) {
  for (const auto& entry : lvtino::operator_table().entries()) {
    BOOST_TEST_CONTEXT(entry.name) {
      const SpecReader reader(parse_json(entry.example, entry.name));
      const OperatorPtr first = made(reader);
      const SpecReader again(reader.resolved());
      const OperatorPtr second = made(again);
      BOOST_TEST(equal(*first, *second));
      BOOST_TEST(again.resolved() == reader.resolved());
    }
  }
}

BOOST_AUTO_TEST_CASE(unknown_keys_are_refused) {
  for (const auto& entry : lvtino::operator_table().entries()) {
    Json spec = parse_json(entry.example, entry.name);
    spec["facter"] = 4;
    BOOST_CHECK_EXCEPTION(made(spec), SpecError,
                          [](const SpecError& e) { return e.pointer() == "/facter"; });
  }
  Json nested =
      parse_json(R"({"type": "compose", "operators": [{"type": "identity", "size": 2}]})", "x");
  BOOST_CHECK_EXCEPTION(made(nested), SpecError,
                        [](const SpecError& e) { return e.pointer() == "/operators/0/size"; });
}

BOOST_AUTO_TEST_CASE(unknown_types_are_refused) {
  BOOST_CHECK_EXCEPTION(made(Json{{"type", "temporal_averge"}}), SpecError, [](const SpecError& e) {
    return std::string(e.what()).find("temporal_average") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(values_out_of_range_are_refused) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"({"type": "temporal_average"})", "/factor"},
      {R"({"type": "temporal_average", "factor": 0})", "/factor"},
      {R"({"type": "spatial_decimation", "factor": 2, "filter": "sinc"})", "/filter"},
      {R"({"type": "temporal_blur", "boundary": "mirror"})", "/boundary"},
      {R"({"type": "temporal_blur", "size": 0})", "/size"},
      {R"({"type": "spatial_blur", "kernel": "gaussian", "sigma": 0})", "/sigma"},
      {R"({"type": "mask", "keep": 1.5})", "/keep"},
      {R"({"type": "circular_convolution", "size": [1, 2], "taps": [1, 1]})", "/size"},
      {R"({"type": "circular_convolution", "size": [1, 2, 2], "taps": [1, 1]})", "/taps"},
      {R"({"type": "mask", "kind": "boxes"})", "/boxes"},
      {R"({"type": "mask", "kind": "boxes", "boxes": [{"topp": 1}]})", "/boxes/0/topp"},
      {R"({"type": "mask", "kind": "boxes", "boxes": [{"top": 16}]})", ""},
      {R"({"type": "mask", "kind": "file"})", "/file"},
      {R"({"type": "mask", "kind": "file", "file": "no such.npy"})", "/file"},
      {R"({"type": "bayer", "pattern": "RGB"})", "/pattern"},
      {R"({"type": "grey", "coefficients": [1, 2]})", "/coefficients"},
      {R"({"type": "psf", "length": -1})", "/length"},
      {R"({"type": "psf", "kernel": "taps", "size": [2, 2], "taps": [1]})", "/taps"},
      {R"({"type": "psf", "kernel": "taps", "size": [1.5, 2], "taps": [1]})", "/size"},
      {R"({"type": "psf", "kernel": "file", "file": "no such.npy"})", "/file"},
      {R"({"type": "psf", "boundary": "valid", "length": 60})", ""},
      {R"({"type": "shutter", "ratio": 0.5})", "/ratio"},
      {R"({"type": "shutter", "ratio": 2, "exposure": 0})", "/exposure"},
      {R"({"type": "shutter", "ratio": 20, "tail": "drop"})", ""},
      {R"({"type": "frame_dropping", "factor": 0})", "/factor"},
      {R"({"type": "frame_dropping", "factor": 2, "offset": 8})", ""},
      {R"({"type": "crop", "first_frame": 3, "frames": 6})", ""},
      {R"({"type": "crop", "top": 16})", ""},
      {R"({"type": "stack", "operators": []})", "/operators"},
      {R"({"type": "stack", "operators": [{"type": "identity"}, {"type": "crop", "left": 12}]})", "/operators/1"},
      {R"({"type": "compose", "operators": []})", "/operators"}};
  for (const auto& [spec, pointer] : cases)
    BOOST_CHECK_EXCEPTION(made(parse_json(spec, "x")), SpecError,
                          [&](const SpecError& e) { return e.pointer() == pointer; });
}

// Circular taps are counts: a fraction is a mistake, not something to round.
BOOST_AUTO_TEST_CASE(fractional_kernel_sizes_are_refused) {
  const Json spec =
      parse_json(R"({"type": "circular_convolution", "size": [1, 1.5, 2], "taps": [1, 1]})", "x");
  BOOST_CHECK_EXCEPTION(made(spec), SpecError,
                        [](const SpecError& e) { return e.pointer() == "/size"; });
}

// What the video is too small for comes back with the pointer of the stage.
BOOST_AUTO_TEST_CASE(shapes_that_do_not_fit_name_the_stage) {
  BOOST_CHECK_THROW(made(parse_json(R"({"type": "spatial_decimation", "factor": 13})", "x")),
                    SpecError);
  const Json spec = parse_json(R"({"type": "compose", "operators": [{"type": "identity"},
      {"type": "temporal_average", "factor": 9, "tail": "drop"}]})",
                               "x");
  BOOST_CHECK_EXCEPTION(made(spec), SpecError,
                        [](const SpecError& e) { return e.pointer() == "/operators/1"; });
}

BOOST_AUTO_TEST_CASE(options_reach_the_operator) {
  const auto x = Rng(2).normal(kDomain, dense::kExact);
  const auto differ = [&](const char* a, const char* b) {
    const Tensor p = made(parse_json(a, "a"))->apply(x), q = made(parse_json(b, "b"))->apply(x);
    return p.sizes() != q.sizes() || !at::equal(p, q);
  };
  BOOST_TEST(differ(R"({"type": "temporal_average", "factor": 3})",
                    R"({"type": "temporal_average", "factor": 3, "tail": "drop"})"));
  const char* base = R"({"type": "spatial_decimation", "factor": 4})";
  for (const char* other :
       {R"({"type": "spatial_decimation", "factor": 4, "filter": "area"})",
        R"({"type": "spatial_decimation", "factor": 4, "filter": "lanczos"})",
        R"({"type": "spatial_decimation", "factor": 4, "filter": "bilinear"})",
        R"({"type": "spatial_decimation", "factor": 4, "centre": "block"})",
        R"({"type": "spatial_decimation", "factor": 4, "boundary": "zero"})",
        R"({"type": "spatial_decimation", "factor": 4, "boundary": "circular"})",
        R"({"type": "spatial_decimation", "factor": 4, "boundary": "replicate"})"})
    BOOST_TEST(differ(base, other), other);
  BOOST_TEST(differ(R"({"type": "mask"})", R"({"type": "mask", "seed": 1})"));
  BOOST_TEST(differ(R"({"type": "mask"})", R"({"type": "mask", "each_frame": false})"));
  BOOST_TEST(
      differ(R"({"type": "temporal_blur"})", R"({"type": "temporal_blur", "kernel": "gaussian"})"));
  BOOST_TEST(differ(R"({"type": "mask"})", R"({"type": "mask", "kind": "boxes", "boxes": [{"top": 3, "height": 2}]})"));
  BOOST_TEST(differ(R"({"type": "bayer"})", R"({"type": "bayer", "pattern": "GBRG"})"));
  BOOST_TEST(differ(R"({"type": "grey"})", R"({"type": "grey", "weights": "rec601"})"));
  BOOST_TEST(differ(R"({"type": "grey", "weights": "given"})", R"({"type": "grey", "weights": "given", "coefficients": [0, 1, 0]})"));
  BOOST_TEST(differ(R"({"type": "shutter", "ratio": 2})", R"({"type": "shutter", "ratio": 2, "exposure": 0.75})"));
  BOOST_TEST(differ(R"({"type": "shutter", "ratio": 3})", R"({"type": "shutter", "ratio": 3, "tail": "drop"})"));
  BOOST_TEST(differ(R"({"type": "frame_dropping", "factor": 2})", R"({"type": "frame_dropping", "factor": 2, "offset": 1})"));
  BOOST_TEST(differ(R"({"type": "crop", "frames": 2})", R"({"type": "crop", "frames": 2, "first_frame": 1})"));
  BOOST_TEST(differ(R"({"type": "psf"})", R"({"type": "psf", "angle": 90})"));
  for (const char* border : {"replicate", "circular", "zero", "valid"})
    BOOST_TEST(differ(R"({"type": "psf"})", text(R"({"type": "psf", "boundary": ")", border, R"("})").c_str()), border);
  BOOST_TEST(differ(R"({"type": "temporal_blur", "kernel": "taps", "taps": [1, 2]})",
                    R"({"type": "temporal_blur", "kernel": "taps", "taps": [2, 1]})"));
}

// The weights of the standards, and which of the composed operators keep exact factors.
BOOST_AUTO_TEST_CASE(grey_is_exact_alone_and_composed) {
  const Tensor x = at::zeros({1, 3, 1, 1, 1}, at::kDouble);
  x.view(-1)[1] = 1;
  const auto green = [&](const char* spec) {
    return made(SpecReader(parse_json(spec, "x")), {1, 3, 1, 1, 1})->apply(x).item<double>();
  };
  BOOST_TEST(green(R"({"type": "grey", "weights": "rec601"})") == 0.587);
  BOOST_TEST(green(R"({"type": "grey"})") == 0.7152);
  const OperatorPtr chain = made(parse_json(R"({"type": "compose", "operators": [{"type": "temporal_average", "factor": 4},
      {"type": "spatial_decimation", "factor": 4}, {"type": "grey"}]})", "x"));
  BOOST_TEST((chain->range() == Shape{1, 1, 2, 4, 3}));
  BOOST_TEST(chain->gram_factors() != nullptr);
  BOOST_TEST(made(parse_json(R"({"type": "psf"})", "x"))->gram_factors() == nullptr);
  BOOST_TEST(made(parse_json(R"({"type": "psf", "boundary": "circular"})", "x"))->gram_factors() != nullptr);
  BOOST_CHECK_THROW(made(SpecReader(parse_json(R"({"type": "grey"})", "x")), {1, 1, 1, 1, 1}), SpecError);
}

BOOST_AUTO_TEST_SUITE_END()
