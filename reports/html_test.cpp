#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/spec.hpp"
#include "reports/html.hpp"
#include "reports/html_text.hpp"
#include "reports/report_schema.hpp"
#include "reports/report_writer.hpp"

namespace {

using namespace lvtino;

// A disc that moves over crossing waves.
Tensor make_truth() {
  const Tensor t = at::arange(24, at::kFloat).view({24, 1, 1}),
               y = at::arange(90, at::kFloat).view({1, 90, 1});
  const Tensor x = at::arange(160, at::kFloat).view({1, 1, 160});
  const Tensor waves = 0.5 + 0.2 * ((x + 2 * t) * 0.35).sin() * (y * 0.2 + x * 0.03).cos() +
                       0.1 * (y * 0.9 + t).sin();
  const Tensor disc = ((x - 30 - 4 * t).square() + (y - 45).square() < 400).to(at::kFloat);
  return at::stack({waves * (1 - 0.7 * disc), waves * (1 - disc) + 0.6 * disc, waves})
      .unsqueeze(0)
      .contiguous();
}

const Tensor& truth() {
  static const Tensor frames = make_truth();
  return frames;
}

// A measurement of 1/4 size and 1/4 of the frames.
Tensor measurement() { return at::avg_pool3d(truth(), at::IntArrayRef{4, 4, 4}); }

Tensor blown_up(const char* how) {
  const Tensor y = measurement();
  const Shape size{24, 90, 160};
  return std::string(how) == "nearest" ? at::upsample_nearest3d(y, size)
                                       : at::upsample_trilinear3d(y, size, false);
}

Json numbers(const std::vector<double>& values) {
  Json out = Json::array();
  for (const double value : values) out.push_back(std::isfinite(value) ? Json(value) : Json());
  return out;
}

Json method(const char* name, const char* label, const Tensor& video) {
  std::vector<double> psnr, ssim;
  for (std::int64_t t = 0; t < 24; ++t) {
    const double error = (video - truth()).select(2, t).square().mean().item<double>();
    psnr.push_back(-10 * std::log10(error)), ssim.push_back(1 - 10 * error);
  }
  const double whole = -10 * std::log10((video - truth()).square().mean().item<double>());
  return {{"name", name},
          {"label", label},
          {"metrics",
           {{"psnr", {{"whole", whole}, {"per_frame", numbers(psnr)}}},
            {"ssim", {{"whole", ssim[0]}, {"per_frame", numbers(ssim)}}}}}};
}

Json sample_steps() {
  Json steps = Json::array();
  for (int k = 0; k < 3; ++k) {
    const double t = 800 - 200 * k;
    steps.push_back({{"step", k}, {"part", "video prior"}, {"t", t}, {"noise", 0.91 - 0.2 * k}});
    steps.push_back({{"step", k},
                     {"part", "joint prox"},
                     {"residual", 3.1e-5},
                     {"gap", 9.7e-4},
                     {"iterations", 41 - k},
                     {"converged", k != 1},
                     {"message", k == 1 ? "stopped after 40 iterations" : ""}});
    steps.push_back({{"step", k}, {"part", "image prior"}, {"t", t / 2}, {"noise", 0.4}});
    steps.push_back({{"step", k},
                     {"part", "data prox"},
                     {"residual", 1.2e-7},
                     {"iterations", 0},
                     {"converged", true},
                     {"message", nullptr}});
  }
  return steps;
}

Json make_sample() {
  const std::string digest(64, 'a');
  Json report = {
      {"format", "lvtino-report/1"},
      {"result",
       {{"title", "Video super-resolution 4 x 4 x 4"},
        {"sentence",
         "A clip of 24 frames was averaged over 4 frames and 4 x 4 pixels, noise of deviation 0.01 "
         "was added, and the clip was restored in 3 steps."},
        {"spec", {{"video", {{"type", "procedural"}, {"seed", 1}}}, {"note", "a <b> & \"c\""}}},
        {"shapes", {{"truth", {1, 3, 24, 90, 160}}, {"measurement", {1, 3, 6, 22, 40}}}},
        {"measurement",
         {{"operator", "average over 4 frames, then over 4 x 4 pixels"},
          {"noise", {{"type", "gaussian"}, {"sigma", 0.01}}}}},
        {"methods", Json::array()},
        {"steps", sample_steps()},
        {"evaluations", {{"video", 5}, {"image", 4}}},
        {"laws", Json::array({{{"subject", "operator"},
                               {"law", "adjoint"},
                               {"residual", 1.3e-16},
                               {"bound", 1e-12},
                               {"passed", true},
                               {"witness", ""}},
                              {{"subject", "joint prox"},
                               {"law", "stationarity"},
                               {"residual", 2.5e-3},
                               {"bound", 1e-4},
                               {"passed", false},
                               {"witness", "shape [1, 3, 4, 5, 6], seed 17"}}})},
        {"hashes", {{"restoration", digest}, {"truth", digest}}},
        {"notes", Json::array({"The clip is a procedural scene, a stand-in for clip.mp4."})}}},
      {"context",
       {{"started", "2026-01-01T12:00:00Z"},
        {"seconds", 83.4},
        {"threads", 2},
        {"host", {{"name", "host"}, {"processor", "some processor"}}},
        {"versions", {{"lvtino", "0.1.0"}, {"libtorch", "2.11.0"}}},
        {"stages", Json::array({{{"name", "video prior"},
                                 {"calls", 3},
                                 {"seconds", 61.2},
                                 {"peak_bytes", 2400000000}},
                                {{"name", "joint prox"},
                                 {"calls", 3},
                                 {"seconds", 0.84},
                                 {"peak_bytes", 640000000}}})},
        {"step_seconds", {28.1, 27.4, 27.9}}}}};
  report["result"]["methods"] =
      Json::array({method("restoration", "restoration", blown_up("trilinear")),
                   method("pseudo_inverse", "pseudo-inverse", blown_up("nearest"))});
  return report;
}

const Json& sample() {
  static const Json report = make_sample();
  return report;
}

std::vector<Figure> sample_figures() {
  const Tensor good = blown_up("trilinear"), y = measurement();
  const Tensor target = frame_image(truth(), 8);
  const double scale = error_scale(frame_image(blown_up("nearest"), 8), target);
  return {
      {"Frames", "ground truth, frame 8", target},
      {"Frames", "measurement, frame 2 (1/4 size)", scale_nearest(frame_image(y, 2), 90, 160)},
      {"Frames", "restoration, frame 8", frame_image(good, 8)},
      {"Error maps", "restoration: " + scale_caption(scale),
       error_map(frame_image(good, 8), target, scale)},
      {"Error maps", "pseudo-inverse: " + scale_caption(scale),
       error_map(frame_image(blown_up("nearest"), 8), target, scale)},
      {"x-t slices", "ground truth, row 45, time runs downwards", x_t_slice(truth(), 0.5, 96, 160)},
      {"x-t slices", "measurement", x_t_slice(y, 0.5, 96, 160)},
      {"x-t slices", "restoration", x_t_slice(good, 0.5, 96, 160)}};
}

bool contains(const std::string& page, const std::string& part) {
  return page.find(part) != std::string::npos;
}

void refuse(const std::string& pointer, const Json& value, const std::string& at) {
  Json report = sample();
  set_at_pointer(report, pointer, value);
  BOOST_CHECK_EXCEPTION(check_report(report), SpecError,
                        [&](const SpecError& failure) { return failure.pointer() == at; });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(html)

BOOST_AUTO_TEST_CASE(base64_and_words) {
  BOOST_TEST(lvtino::html::base64("") == "");
  BOOST_TEST(lvtino::html::base64("f") == "Zg==");
  BOOST_TEST(lvtino::html::base64("fo") == "Zm8=");
  BOOST_TEST(lvtino::html::base64("foobar") == "Zm9vYmFy");
  BOOST_TEST(lvtino::html::base64("\xff\xfe") == "//4=");
  BOOST_TEST(lvtino::html::escape("<a href='x'>&\"\x01\xff é") ==
             "&lt;a href=&#39;x&#39;&gt;&amp;&quot;?? é");
  BOOST_TEST(lvtino::html::seconds_in_words(0.0412) == "41 ms");
  BOOST_TEST(lvtino::html::seconds_in_words(320.2) == "5 min 20 s");
}

BOOST_AUTO_TEST_CASE(the_page_fetches_nothing_and_shows_everything) {
  const std::string page = html_page(sample(), sample_figures());
  for (const char* outside : {"http:", "https:", "src=\"/", "url(", "@import", "<script"})
    BOOST_TEST(!contains(page, outside), outside);
  for (const char* part :
       {"Video super-resolution", "PSNR, dB", "SSIM", "<strong>", "FAILED", "passed", "1 of 2 laws",
        "1 solve did NOT converge", "stopped after 40 iterations", "<span class=\"bad\">NO</span>",
        "2.40 GB", "x-t slices", "Error maps", "stand-in for clip.mp4", "mean over frames",
        "&lt;b&gt;", "prefers-color-scheme: dark"})
    BOOST_TEST(contains(page, part), part);
  BOOST_TEST(!contains(page, "a <b>"));
  BOOST_TEST(html_page(sample(), sample_figures()) == page);
}

BOOST_AUTO_TEST_CASE(several_samples_have_a_table) {
  Json report = sample();
  BOOST_TEST(!contains(html_page(report, {}), "rmse_of_mean"));
  report["result"]["samples"] = {{"count", 4}, {"coverage", 0.875}, {"rmse_of_mean", 0.01}};
  const std::string page = html_page(report, {});
  for (const char* part : {"<h2>Samples</h2>", "coverage", "0.875", "rmse_of_mean"})
    BOOST_TEST(contains(page, part), part);
}

BOOST_AUTO_TEST_CASE(hostile_words_stay_words) {
  Json report = sample();
  const char* hostile = "</title><script>alert(1)</script><img src=x onerror=\"x\">";
  for (const char* pointer :
       {"/result/title", "/result/sentence", "/result/notes/0", "/result/methods/0/label",
        "/result/laws/1/witness", "/result/steps/0/message", "/context/started",
        "/result/measurement/operator", "/result/spec/note"})
    set_at_pointer(report, pointer, hostile);
  const std::string page = html_page(report, {{hostile, hostile, at::zeros({3, 2, 2})}});
  BOOST_TEST(!contains(page, "<script"));
  BOOST_TEST(!contains(page, "<img src=x"));
}

BOOST_AUTO_TEST_CASE(the_best_of_a_column_is_emphasised) {
  Json report = sample();
  set_at_pointer(report, "/result/methods/0/metrics/psnr/whole", 31.234);
  set_at_pointer(report, "/result/methods/1/metrics/psnr/whole", nullptr);  // infinite
  const std::string page = html_page(report, {});
  BOOST_TEST(contains(page, "<strong>∞</strong>"));
  BOOST_TEST(contains(page, ">31.23<"));
  BOOST_TEST(!contains(page, "<strong>31.23"));
}

BOOST_AUTO_TEST_CASE(violations_are_named) {
  BOOST_CHECK_NO_THROW(check_report(sample()));
  refuse("/format", "lvtino-report/2", "/format");
  refuse("/result/title", 3, "/result/title");
  refuse("/result/steps/1/iterations", 1.5, "/result/steps/1/iterations");
  refuse("/result/methods/0/metrics/psnr/per_frame/2", "x",
         "/result/methods/0/metrics/psnr/per_frame/2");
  refuse("/result/laws/0/passed", nullptr, "/result/laws/0/passed");
  refuse("/result/seconds", 3, "/result/seconds");
  refuse("/context/stages/0", Json::object(), "/context/stages/0");
  Json report = sample();
  report["result"].erase("notes");
  BOOST_CHECK_THROW(html_page(report, {}), SpecError);
}

BOOST_AUTO_TEST_CASE(files_are_written) {
  const std::string folder = text(LVTINO_BINARY_DIR, "/report_sample");
  std::filesystem::remove_all(folder);
  write_report(folder, sample(), sample_figures());
  BOOST_TEST((read_json_file(folder + "/report.json") == sample()));
  BOOST_TEST(read_file(folder + "/report.html") == html_page(sample(), sample_figures()));
  Json broken = sample();
  broken["format"] = "other";
  BOOST_CHECK_THROW(write_report(folder + "/none", broken, {}), SpecError);
  BOOST_TEST(!std::filesystem::exists(folder + "/none"));
}

BOOST_AUTO_TEST_SUITE_END()
