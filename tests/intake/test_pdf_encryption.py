import base64
import zlib

import pytest

from paddleocr_vl_service.intake.reader import Reader
from paddleocr_vl_service.models.errors import DocumentEncrypted
from tests.intake.conftest import Render, Save
from tests.intake.making import inspect_request, pdf, raw_pdf, writing

# One page that says "secret text", by pypdf; user password "pässword", owner password "owner".
AES_128 = (
    "c-oCqO^6&t6vkYHLJ#6i6zbrDQDRqBS65Y&VdKv1P8@aJb!VL*VIkFBuQsi--AhkR*!Ab4Ap{j<)}M<Cg7NA>*rOtN"
    "@T4NS3c&;sL9aRFuvk4aJKH!HyXl|$>b>v1_q|sO>&xvk^yv^S+`jY6O++!lMe-_YG*GZ!7G{`2i5n0K#keq<#)Mj;"
    "X=rrBfEtpd+Jc5uh?FHPP2&iFvM9CEXd+d@Ef*1AM2m|Ea#Jz0T7=F0UBJP*-i84RTE#GTn4;kM%na~F%)Q|T-"
    "m1BVbFMAzbidd}6AoN)Z`2%k&7oD~4stiZ(by<h1(WG!vF9TZe=|Zb_0JXxHegT;%hdB#er@lE#l*)el6Jv)m%z)0g"
    "H70TIOy#7;LYi`HT`xbnFkw%(+)848J9XAQ&#Xv<yG#bPi!vvsFr*?>pR~FA9tzS>U31J3~6CJL%Z+UrwgC@3y^QS%"
    "a}4%5e-}kdIueyyYcvahc7+x^TQ9EZd`ihv-"
    "3oqy|#IH?dIpJuc5bkkBsggyul9sycmYbsq1HNb>4mSy$>#Z`(&?q_1r;obmP>h`PFyX7k@vafB)g1BdtC>8f_lrPh"
    "Iam_T1ZtXMVcyQSa-!S3f!b+u=7qj^6+4`%jM^3h#b->sR#PJMhPw`*%LRR~0l(Wm=l3mqxMtPvx?<-"
    "P8jZw;*^H`d7eZsYby{?hDTHZ5&+4@}+!`9RnzMQSVf;_%Z4Z6E{}5(wZJiUUAhzsamKW=DuImt0rTxjya2YEF_EBt"
    "Pw%i>D=hjpkNI*2!uS2A~4=2v<XvG@tANal86vZ!h}#AQ>m#G+^{rGlomWuAb?U!iS_gFGHzHVgiQ$(V5wzFO0Ag*w"
    "LfE4QkA4kC6+@39Au<4r-"
    "BpW*TPz>2_?$2wA$m5?K(64TN=8{D_5%N3YLp>Z5Q&&Xw{F=O1H;O3Kf+k)m(PnP8&}Mszo_loJh7;f<*+!h|Df5q9"
    "}~8#WRfh=^gLnGmO%39+PYiV~oyWoRT?Auy`I5^LA3m6U>!5>q9y2cQ<<-"
    "d>Q_T77mA#6W+;ff$8*r*&n!u1R<nKNg7#2jj=3IiWr^9gqjExS^PgHTjQB6_jesu$HP8wx^!bPDUlp4EUc`x(Z4r|"
    "l^p"
)
AES_256 = (
    "c-oCrO=w(I6jpK5XV;3m3pL=P>AU|wFb0xIhK4pKWMXTnLGEudI`byJd5MX3Q=_z7m&L765Cppsbs-"
    "`M)=fbLL9&oqS1zPox=_!XOp?*rIFI4od)_(UIp;e+Q!DeWX>yKbQ}=(p_d`YyMt%2M)@Wq;O4$$FK9;CqlF`grZWL"
    "46Ys(y=PTJ(COExk^rSb+dVuene3#+-b#2Rj$4HR=Rlg-Rzu?RIX9rLiZw-r&oVmIO-"
    "%bWe}qCzCgFLc5HT}2!eSJC>IDVs2D+RAqO8`&WSs<Btc4EUHqvtLxPs0K(3mGY$+I(DwV3!X4M6k|l-"
    "zn<l*anRo`J>b=LEwDrK&;}Us?O1_H4z!_sE$&t*U+jVNxzW2hdM_SEp0D;RTSbH+;?fpF$Xa}oc^!KRflUN2#)5Bk"
    "x)l@x{LZ$Ui;G&!N8b;C(CPyE=mMc%jKxN^i3rs-(4Z=#?PXWg_qRTI;kQ3-&c1y8i{@t+iZiFq-"
    "g*An)3eXqj*lKZ^}+hVgSnsIxN-jTH$T04>f<lp?(W>acJr(K>38&eqj&$O_b=a_KDhhDFLM{qt`(=RT;IpbJ^OgP_"
    "1D4c-}PRR`_ng;o_u)c(dOSjK78)l%-"
    "7%U{dw+PfA77gU)}rYo5w!<y*yJVGzw*unjBA!AoZWj)!64bJBY&)<mY2|CsrMAvwWd|ggeCs$}e|{*<#Q+5@h*{wp"
    "Y^vZPea&)sW?yYjQ++jWy;<kGZ;p1k?-3V;ZS|^9thBa3d8p^tcdtyRt>FWytbn)Sy--"
    "X`+l?dCj$>j40zR*DxAENz0_BK83)E_l`#8v2a>P!L5f8N;Fx;5)EK#xe_otSS6>34&E_gRe*kZ2{pVGoKm82u!LJ-"
    "jZV=;?mfT?Y>lHt5^n(@F&Iv&EoN9cYh<z_MT%qah6SOur6eg!;0Rj5>!dNJ3A{90!<KJXVRV|^t~M8T>h8?v`+j*V"
    "7PZn6wBbVg5<4b}(VEh_uiI6xg$@DgOL=lxUO){A!Fs|dRwOblw1B;01oIlwN?6Hgl8%ZPC9DWMaT<cHd7)7&o)WEz"
    "02pRCXUsd3V$HV0jA}24h}!W49CB`Pkj@Y+Fi~D<7M+WpS;<*o#sSPqEPF7F1{-"
    "Rapb{JHosS}rC@GW4FeZcl*W%hOW6Cfx89x3YDFhQJp<@|=sU3bPj%9?fNtvP(GN|o@j1xQ|lhjPg<fNXG>O@wRw$q"
    "K}u+Q6_w<4qgtEpchcDUIVi_}MCbe@Mr)8H5ft|AEpC+LzWym2HYU?y?H2%h;rD(k~pE%&x6q>qMtP}#B?k_nwav#F"
    "_t<yQ6&hK<+e"
)


def encrypted(name: str) -> tuple[bytes, str]:
    """A file and the password that opens it."""
    if name == "RC4":
        return pdf(writing("secret text", 20, 50), password="pass"), "pass"
    packed = AES_128 if name == "AES-128" else AES_256
    return zlib.decompress(base64.b85decode(packed)), "pässword"


@pytest.mark.parametrize("cipher", ["RC4", "AES-128", "AES-256"])
def test_encrypted(reader: Reader, render: Render, save: Save, cipher: str) -> None:
    content, password = encrypted(cipher)
    path = save("a.pdf", content)
    page, _ = render(path, text=True, password=password)
    assert page.text_layer is not None
    assert page.text_layer.lines[0].text == "secret text"
    for nothing in (None, ""):
        with pytest.raises(DocumentEncrypted) as caught:
            reader.inspect(inspect_request(path, nothing))
        assert caught.value.detail == ("The PDF is encrypted; its password is needed.")
    for wrong in ("wrong", password.upper(), "\ud800", "\x00", "x" * 10_000):
        with pytest.raises(DocumentEncrypted) as caught:
            reader.inspect(inspect_request(path, wrong))
        assert caught.value.detail == "The PDF is encrypted and the password does not open it."


def test_the_owners_password_opens_as_well(reader: Reader, save: Save) -> None:
    path = save("a.pdf", encrypted("AES-256")[0])
    assert reader.inspect(inspect_request(path, "owner")).page_count == 1


def test_a_password_for_a_pdf_that_needs_none(reader: Reader, save: Save) -> None:
    path = save("a.pdf", pdf(writing("a")))
    assert reader.inspect(inspect_request(path, "x")).page_count == 1


def test_an_unknown_way_of_encrypting(reader: Reader, save: Save) -> None:
    security = b"/Encrypt<</Filter/Acme/V 9>>/ID[(a)(b)]"
    content = raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        ],
        trailer=security,
    )
    with pytest.raises(DocumentEncrypted, match="in a way that cannot be read here"):
        reader.inspect(inspect_request(save("a.pdf", content)))
